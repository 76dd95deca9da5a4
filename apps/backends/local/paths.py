"""What lies where in a data directory. Strings, not pathlib: this is on the way of every command."""

from __future__ import annotations

import os

from apps.backends.errors import HomeMissing
from apps.backends.local.errors import DataDirError

# Written and removed again before a start: a disk with less room than this is as good as full.
_NEEDED_BYTES = 256 * 1024


class DataPaths:
    """The layout of one data directory."""

    def __init__(self, data_dir: str) -> None:
        self.root = os.path.abspath(data_dir)
        self.database = os.path.join(self.root, "stigmer.db")
        self.damage = os.path.join(self.root, "damaged.json")
        self.logs = os.path.join(self.root, "logs")
        self.run = os.path.join(self.root, "run")
        self.lock = os.path.join(self.run, "daemon.lock")
        self.state = os.path.join(self.run, "state.json")
        self.notify_trouble = os.path.join(self.run, "notify-trouble")
        self.prices = os.path.join(self.root, "prices.yaml")
        self.ui = os.path.join(self.run, "ui")
        self.model_keys = os.path.join(self.root, "keys", "models.json")
        self.token = os.path.join(self.root, "keys", "api-token")

    def log(self, component: str) -> str:
        return os.path.join(self.logs, component + ".log")

    def prepare(self) -> None:
        """Make the directories, each 0700, and prove that something can be written there.

        Raises HomeMissing when the directory would be in a home that does not exist (making somebody's
        home is not ours to do), DataDirError for everything else.
        """
        check_home(self.root)
        try:
            os.makedirs(os.path.dirname(self.root), mode=0o700, exist_ok=True)
            for directory in (self.root, self.logs, self.run, self.ui):
                _own_directory(directory)
            self._write_probe()
        except OSError as error:
            raise DataDirError.from_os_error(self.root, error) from error

    @property
    def is_full(self) -> bool:
        """Whether the disk has less room than a start needs."""
        disk = os.statvfs(self.root)
        return disk.f_bavail * disk.f_frsize < _NEEDED_BYTES

    def _write_probe(self) -> None:
        path = os.path.join(self.run, f"probe.{os.getpid()}")
        try:
            with open(path, "wb", buffering=0) as file:
                file.write(bytes(_NEEDED_BYTES))
        finally:
            if os.path.exists(path):
                os.unlink(path)


def check_home(path: str) -> None:
    """Raise HomeMissing when `path` lies in the home directory and that does not exist."""
    home = os.path.expanduser("~")
    inside = path == home or path.startswith(home.rstrip("/") + "/")
    if inside and not os.path.isdir(home):
        raise HomeMissing(home)


def _own_directory(path: str) -> None:
    """Make `path`, or narrow it to 0700 when it is ours and open to others."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        mode = os.stat(path).st_mode  # follows a link: a data directory may be one
        if mode & 0o077 and os.path.isdir(path):
            os.chmod(path, 0o700)
        if not os.path.isdir(path):
            raise
