"""What reads the bytes of strangers lives through any of them: libFuzzer, for a moment here, for longer in `./nara fault fuzz`."""

import pytest
from fuzzing import TARGETS, run

SECONDS = 10


@pytest.mark.parametrize("target", TARGETS)
def test_no_bytes_end_a_reader(target, tmp_path):
    assert run(target, SECONDS, tmp_path) == ""
