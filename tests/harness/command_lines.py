"""What `ps` shows to everybody on this machine."""

import pathlib
import threading

LOOK_SECONDS = 0.002


class CommandLines:
    """The command line of every process that runs within the block, however short it lives."""

    def __init__(self):
        self.seen = set()
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._watcher.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._watcher.join()

    def _watch(self):
        while not self._done.wait(LOOK_SECONDS):
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    self.seen.add((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue  # it has ended
