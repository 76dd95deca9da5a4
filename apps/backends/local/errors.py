"""What can be wrong with the local backend, one class per reason a program might branch on."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, ClassVar, Final

from apps.backends.config.environ import stigmer_home
from apps.backends.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Sequence


class LocalError(BackendError):
    reason = "stigmer.local.error"


class DataDirError(LocalError):
    """The data directory cannot be made or written. `why` is one of the keys of the table below."""

    reason = "stigmer.local.data_dir"
    SENTENCES: ClassVar[dict[str, tuple[str, str]]] = {
        "full": (
            "the disk of the data directory {path} is full",
            "Free some space there, or move the data: `{elsewhere}`",
        ),
        "quota": (
            "your quota on the disk of the data directory {path} is used up",
            "Delete something of yours there, or move the data: `{elsewhere}`",
        ),
        "file_limit": (
            "the limit on the size of a file is too low for the data directory {path}",
            "Raise it in this shell: `ulimit -f unlimited`",
        ),
        "read_only": (
            "the data directory {path} is on a read-only file system",
            "Choose another with `{elsewhere}`",
        ),
        "not_permitted": (
            "the data directory {path} is not writable by you",
            "Make it yours with `chown`, or choose another with `{elsewhere}`",
        ),
        "not_a_directory": (
            "the data directory {path} cannot be made: a file is in its way",
            "Move that file, or choose another directory with `{elsewhere}`",
        ),
        "other": (
            "the data directory {path} cannot be used: {detail}",
            "Choose another with `{elsewhere}`",
        ),
    }

    def __init__(self, path: str, why: str, detail: str = "") -> None:
        self.path = path
        self.why = why
        sentence, hint = self.SENTENCES[why]
        super().__init__(sentence.format(path=path, detail=detail), hint=hint.format(elsewhere=_elsewhere(path)))

    @classmethod
    def from_os_error(cls, path: str, error: OSError) -> DataDirError:
        why = _WHY.get(error.errno or 0, "other")
        return cls(path, why, error.strerror or str(error))


def _elsewhere(data_dir: str) -> str:
    """What to type for another place: where the configuration lies beside the data, it cannot be written either."""
    inside = data_dir.startswith(stigmer_home() + os.sep)
    return "export STIGMER_HOME=DIR" if inside else "stigmer config set backend.local.data_dir DIR"


_WHY: Final = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "quota",
    errno.EFBIG: "file_limit",
    errno.EROFS: "read_only",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.ENOTDIR: "not_a_directory",
    errno.EEXIST: "not_a_directory",
}


class ComponentFailed(LocalError):
    """A part of the backend that the caller needs has given up."""

    reason = "stigmer.local.component_failed"

    def __init__(self, component: str, state: str, why: str, *, hint: str = "", lines: Sequence[str] = ()) -> None:
        self.component = component
        self.state = state
        self.why = why
        super().__init__(
            f"the local backend could not start: {component} is {state}: {why or 'no reason was given'}",
            hint=hint or f"See what it said with `stigmer server logs -c {component}`",
            lines=lines,
        )


class DaemonDied(LocalError):
    reason = "stigmer.local.daemon_died"

    def __init__(self, exit_code: int, *, lines: Sequence[str] = ()) -> None:
        self.exit_code = exit_code
        super().__init__(
            f"the local backend's daemon ended at once (exit code {exit_code})",
            hint="See what it said with `stigmer server logs -c daemon`",
            lines=lines,
        )


class StartTimeout(LocalError):
    """No progress for the whole time limit. The daemon is left to go on."""

    reason = "stigmer.local.start_timeout"

    def __init__(self, seconds: float, doing: str, *, lines: Sequence[str] = ()) -> None:
        self.seconds = seconds
        super().__init__(
            f"the local backend made no progress for {seconds:.0f} s ({doing or 'nothing was heard of it'})",
            hint="Look with `stigmer server status` and `stigmer server logs`; `stigmer server restart` starts afresh",
            lines=lines,
        )


class StopTimeout(LocalError):
    reason = "stigmer.local.stop_timeout"

    def __init__(self, pid: int) -> None:
        self.pid = pid
        super().__init__(
            f"the local backend's daemon (pid {pid}) cannot be stopped",
            hint=f"It may belong to another user or hang in the kernel: look with `ps -fp {pid}`",
        )


class ModelKeyNotChanged(LocalError):
    """`why` is a sentence of the program that keeps them."""

    reason = "stigmer.local.model_key_not_changed"

    def __init__(self, why: str) -> None:
        super().__init__(f"the key was not changed: {why}")


class KeysNotChanged(LocalError):
    """`why` is a sentence of the program that changes them."""

    reason = "stigmer.local.keys_not_changed"

    def __init__(self, why: str) -> None:
        super().__init__(f"the keys were not changed: {why}")
