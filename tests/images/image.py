"""One image: its settings, and its root mounted read-only."""

import os
import stat
import subprocess
from pathlib import Path


class Image:
    """What runs in it runs by chroot, with its user, its entry point and its environment."""

    def __init__(self, root, inspected):
        self.root = Path(root)
        self.config = inspected["Docker"]["config"]

    @property
    def environment(self):
        return dict(variable.split("=", 1) for variable in self.config["Env"] or [])

    @property
    def user(self):
        return self.config["User"]

    def _in_root(self, command):
        return ["chroot", f"--userspec={self.user}", str(self.root), *command]

    def command(self, *arguments):
        """The entry point with these arguments."""
        return self._in_root([*self.config["Entrypoint"], *arguments])

    def health_command(self):
        """What HEALTHCHECK runs."""
        kind, *command = self.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self._in_root(command)

    def run(self, command, environment=None, timeout=60):
        """Runs one of the commands above to its end."""
        return subprocess.run(command, env=self.environment | (environment or {}), text=True,
                              capture_output=True, timeout=timeout, check=False)

    def files(self):
        """(path, status) of everything in the image's own file system."""
        device = self.root.stat().st_dev
        for folder, folders, files in os.walk(self.root):
            here = Path(folder)
            folders[:] = [name for name in folders if (here / name).lstat().st_dev == device
                          and not (here / name).is_symlink()]
            for name in files + folders:
                status = (here / name).lstat()
                if status.st_dev == device:
                    yield here / name, status

    def size(self):
        """Bytes of all its files."""
        seen = {status.st_ino: status.st_size for _, status in self.files()
                if stat.S_ISREG(status.st_mode)}
        return sum(seen.values())
