"""The protos are linted without exceptions, and what is out in the world keeps working."""

import hashlib
import subprocess

import pytest
from private_servers import NODE_TOOLS, ROOT


@pytest.fixture(scope="module", name="buf")
def _buf():
    program = next(NODE_TOOLS.glob("@bufbuild/buf-linux-*/bin/buf"))
    return lambda *arguments: subprocess.run(
        [program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_protos_follow_the_standard_and_say_what_everything_is(buf):
    result = buf("lint")
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_change_breaks_who_was_built_against_the_committed_image(buf):
    result = buf("breaking", "--against", "proto/image.binpb")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_committed_image_is_named_in_the_changelog():
    digest = hashlib.sha256((ROOT / "proto" / "image.binpb").read_bytes()).hexdigest()
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert digest in changelog, f"who replaces proto/image.binpb says so in CHANGELOG.md, with its SHA-256 {digest}"
