"""libFuzzer programs of the development build (cmake/add_fuzz_target.cmake), each with its seeds."""

import shutil
import subprocess

from private_servers import ROOT

# What reads the bytes of strangers, and where its seeds lie.
SEEDS = {
    "uplink_fuzz": "services/ingest/fuzz/corpus/uplink_fuzz",
    "topic_fuzz": "services/ingest/fuzz/corpus/topic_fuzz",
    "inbox_fuzz": "services/ingest/fuzz/corpus/inbox_fuzz",
}
TARGETS = sorted(SEEDS)
MEMORY_MB = 2048
# A little more than a payload may be.
MAX_BYTES = 70_000
LATE_SECONDS = 60


def run(target, seconds, folder):
    """Empty when nothing was found; else what the program says, with the bytes that did it in hexadecimal."""
    corpus = folder / "corpus"
    shutil.copytree(ROOT / SEEDS[target], corpus)
    command = [ROOT / "build" / "dev" / "fuzz" / target, corpus, f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}"]
    command += [f"-rss_limit_mb={MEMORY_MB}", "-timeout=5", f"-artifact_prefix={folder}/found-"]
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=seconds + LATE_SECONDS
    )
    if ran.returncode == 0:
        return ""
    bad = [f"{path.name}: {path.read_bytes().hex()}" for path in sorted(folder.glob("found-*"))]
    return "\n".join([ran.stdout.decode(errors="replace")[-3000:], *bad])
