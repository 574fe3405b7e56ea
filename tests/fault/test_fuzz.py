"""As tests/system/test_fuzz.py, for a minute each: `./nara fault fuzz`. `--n` says how many seconds."""

import pytest
from fuzzing import TARGETS, run

SECONDS = 60


@pytest.mark.parametrize("target", TARGETS)
def test_no_bytes_end_a_reader_however_long(target, rounds, tmp_path):
    assert run(target, rounds or SECONDS, tmp_path) == ""
