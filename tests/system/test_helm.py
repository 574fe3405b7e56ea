"""The chart passes helm's own check, renders, and its defaults are secure."""

import subprocess

import pytest
from private_servers import ROOT

CHART = ROOT / "helm" / "nara"


@pytest.mark.needs("helm")
def test_the_chart_passes_lint():
    result = helm("lint", "--strict", str(CHART))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.needs("helm")
def test_every_pod_is_locked_down_and_no_secret_is_made():
    result = helm("template", "nara", str(CHART), "--kube-version", "1.29.0")
    assert result.returncode == 0, result.stderr
    documents = [text for text in result.stdout.split("\n---\n") if text.strip()]
    pods = [text for text in documents if "kind: StatefulSet" in text or "kind: Deployment" in text]
    assert len(pods) == 8
    for pod in pods:
        containers = pod.count("image: ")
        assert "runAsNonRoot: true" in pod
        assert "automountServiceAccountToken: false" in pod
        for setting in (
            "readOnlyRootFilesystem: true",
            "allowPrivilegeEscalation: false",
            "capabilities: {drop: [ALL]}",
        ):
            assert pod.count(setting) == containers, (setting, pod)
    assert "kind: Secret" not in result.stdout
    assert "appendfsync always" in result.stdout


def helm(*arguments):
    return subprocess.run(["helm", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_the_chart_runs_the_redis_configuration_of_deploy():
    assert (CHART / "files" / "redis.conf").resolve() == (ROOT / "deploy" / "redis" / "redis.conf").resolve()
