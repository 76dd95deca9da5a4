"""Every error the client side can show a person: a sentence, a way out, and a reason for programs.

Errors know nothing of terminals or exit codes: the command line keeps that table, by class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class BackendError(Exception):
    """Base of all of them. `hint` says what to do about it; `lines` are the last log lines, where they help."""

    reason: ClassVar[str] = "stigmer.backend.error"

    def __init__(self, message: str, *, hint: str = "", lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.lines = tuple(lines)


class HomeMissing(BackendError):
    reason = "stigmer.local.home_missing"

    def __init__(self, home: str) -> None:
        self.home = home
        super().__init__(
            f"the home directory {home!r} does not exist" if home else "there is no home directory: HOME is not set",
            hint="Set STIGMER_HOME to a directory of yours, as in `STIGMER_HOME=/var/lib/stigmer stigmer apply`",
        )


class ConfigError(BackendError):
    """The configuration cannot be used. `line` counts from 1; 0 when the value is not from a file."""

    reason = "stigmer.config.invalid"

    def __init__(self, message: str, *, key: str = "", file: str = "", line: int = 0, hint: str = "") -> None:
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(where + message, hint=hint or (f"Correct line {line} of {file}" if where and line else ""))
        self.key = key
        self.file = file
        self.line = line


class UnknownKey(ConfigError):
    reason = "stigmer.config.unknown_key"


class BadValue(ConfigError):
    reason = "stigmer.config.bad_value"


class BrokenFile(ConfigError):
    """The file is not YAML, not text, or not readable."""

    reason = "stigmer.config.broken_file"


class OrganizationNotLocal(BackendError):
    reason = "stigmer.organization.not_local"

    def __init__(self, organization: str, way_out: str) -> None:
        self.organization = organization
        super().__init__(
            f"organization {organization!r} does not exist on the local backend: everything local belongs to 'local'",
            hint=way_out,
        )


class OrganizationNotSet(BackendError):
    reason = "stigmer.organization.not_set"

    def __init__(self) -> None:
        super().__init__(
            "organization not set for cloud mode",
            hint="Run `stigmer context set --org ORG`, or pass `--org ORG` to this command",
        )
