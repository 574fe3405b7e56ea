"""The chart passes helm's own check, renders, and its defaults are secure."""

import re
import subprocess

import pytest
import yaml
from private_servers import ROOT

CHART = ROOT / "helm" / "nara"


@pytest.mark.needs("helm")
def test_the_chart_passes_lint():
    result = helm("lint", "--strict", str(CHART))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module", name="rendered")
def _rendered():
    result = helm("template", "nara", str(CHART), "--kube-version", "1.29.0")
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.needs("helm")
def test_every_pod_is_locked_down_and_no_secret_is_made(rendered):
    documents = [text for text in rendered.split("\n---\n") if text.strip()]
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
    assert "kind: Secret" not in rendered
    assert "appendfsync always" in rendered


def secrets_by_pod(rendered):
    """Per pod, the files that it mounts of each Secret; None for a Secret that it mounts whole."""
    pods = [entry for entry in yaml.safe_load_all(rendered) if entry and entry["kind"] in ("StatefulSet", "Deployment")]
    return {pod["metadata"]["name"]: secrets_of(pod["spec"]["template"]["spec"]["volumes"]) for pod in pods}


def secrets_of(volumes):
    found = {}
    for source in (
        source for volume in volumes for source in [volume, *volume.get("projected", {}).get("sources", [])]
    ):
        if secret := source.get("secret"):
            items = [item["key"] for item in secret["items"]] if "items" in secret else [None]
            found.setdefault(secret.get("secretName", secret.get("name")), set()).update(items)
    return found


@pytest.mark.needs("helm")
def test_each_pod_mounts_the_secret_of_its_own_identity_alone_and_file_by_file(rendered):
    for pod, secrets in secrets_by_pod(rendered).items():
        identity = "nara-ingest" if pod.startswith("nara-ingest-") else pod
        (files,) = secrets.values()
        assert set(secrets) == {identity}, pod
        assert {f"{identity}.key", f"{identity}.crt", "ca.crt"} <= files, pod
        assert "ca.key" not in files
        assert ("device-ca.key" in files) == (pod == "nara-device-registry")


@pytest.mark.needs("helm")
def test_the_secrets_hold_what_is_mounted_and_no_more(rendered, laid_out):
    for secrets in secrets_by_pod(rendered).values():
        for name, files in secrets.items():
            assert {path.name for path in (laid_out / name).iterdir()} == files


@pytest.mark.needs("helm")
def test_the_tunnel_to_redis_sees_a_certificate_and_no_password(rendered):
    pods = [entry for entry in yaml.safe_load_all(rendered) if entry and entry["kind"] == "StatefulSet"]
    containers = [container for pod in pods for container in pod["spec"]["template"]["spec"]["containers"]]
    for stunnel in (container for container in containers if container["name"] == "stunnel"):
        assert {mount["name"] for mount in stunnel["volumeMounts"]} == {"stunnel", "pki", "tmp"}


def test_the_command_of_the_page_makes_the_secrets_that_are_mounted(laid_out, tmp_path):
    """Typed as it stands; kubectl is one that only says what it was asked."""
    page = (ROOT / "docs" / "operating" / "deploying.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^```sh\n(.*kubectl.*)\n```$", page, re.MULTILINE)
    (tmp_path / "deploy" / "compose").mkdir(parents=True)
    (tmp_path / "deploy" / "compose" / "secrets").symlink_to(laid_out)
    typed = f'kubectl() {{ echo "$@"; }}\n{command}'
    said = subprocess.run(["bash", "-c", typed], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [
        f"create secret generic {path.name} --from-file=deploy/compose/secrets/{path.name}"
        for path in sorted(laid_out.glob("nara-*"))
    ]


def helm(*arguments):
    return subprocess.run(["helm", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_the_chart_runs_the_redis_configuration_of_deploy():
    assert (CHART / "files" / "redis.conf").resolve() == (ROOT / "deploy" / "redis" / "redis.conf").resolve()
