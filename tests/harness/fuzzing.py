"""libFuzzer programs of the development build (cmake/add_fuzz_target.cmake), each with its seeds."""

import shutil
import subprocess

from private_servers import ROOT

# By name, where their seeds lie. None would be no test at all.
SEEDS = {folder.name: folder for folder in ROOT.glob("services/*/fuzz/corpus/*")}
TARGETS = sorted(SEEDS)
assert TARGETS, "no seeds of fuzz targets"
MEMORY_MB = 2048
# A little more than a payload may be.
MAX_BYTES = 70_000
LATE_SECONDS = 60


def run(target, seconds, folder):
    """Empty when nothing was found; else what the program says, with the bytes that did it in hexadecimal."""
    corpus = folder / "corpus"
    shutil.copytree(SEEDS[target], corpus)
    command = [ROOT / "build" / "dev" / "fuzz" / target, corpus, f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}"]
    command += [f"-rss_limit_mb={MEMORY_MB}", "-timeout=5", f"-artifact_prefix={folder}/found-"]
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=seconds + LATE_SECONDS
    )
    if ran.returncode == 0:
        return ""
    bad = [f"{path.name}: {path.read_bytes().hex()}" for path in sorted(folder.glob("found-*"))]
    return "\n".join([ran.stdout.decode(errors="replace")[-3000:], *bad])
