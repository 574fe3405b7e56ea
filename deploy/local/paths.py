"""Where everything is: in the checkout, and the state of the local stack under .nara/ in it."""

import os

from supervisor import StackError

# A Unix socket's path has 107 bytes at most; ".s.PGSQL.5432" is the longest name.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432.lock")


class Paths:
    def __init__(self, root, preset):
        self.root = root
        self.build = os.path.join(root, "build", preset)
        self.bin = os.path.join(self.build, "bin")
        self.guard = os.path.join(self.build, "lib", "nara_guard.so")
        self.catalogue = os.path.join(root, "catalogue")
        self.web = os.path.join(root, "gateway", "web", "dist")
        self.openapi = os.path.join(root, "gateway", "api", "openapi.json")
        self.use_state(os.path.join(root, ".nara"))

    def use_state(self, folder):
        """Another folder for everything that a run leaves behind."""
        self.state = folder
        self.demo = os.path.join(self.state, "demo.json")
        self.pki = os.path.join(self.state, "pki")
        self.run = os.path.join(self.state, "run")
        self.logs = os.path.join(self.state, "log")
        self.config = os.path.join(self.state, "config")
        self.data = os.path.join(self.state, "state")

    def make(self):
        if len(self.run) > LONGEST_SOCKET_FOLDER:
            raise StackError(
                f"the path {self.run} is too long for Unix sockets ({LONGEST_SOCKET_FOLDER} bytes at most): move the checkout"
            )
        for folder in (self.state, self.logs, self.config, self.data, self.run):
            os.makedirs(folder, mode=0o755, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise StackError(
                    f"{folder} belongs to another user: remove it (./nara clean as that user) or use another checkout"
                )

    def binary(self, name):
        return os.path.join(self.bin, name)

    def log(self, name):
        return os.path.join(self.logs, f"{name}.log")

    def deploy(self, *parts):
        return os.path.join(self.root, "deploy", *parts)


def remove(path):
    try:
        os.remove(path)
    except FileNotFoundError:
        pass
