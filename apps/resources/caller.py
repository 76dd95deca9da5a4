"""Who is asking."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """The identity behind a request. `org` is where references without an organization are looked up.

    `may_import` allows ids chosen by the caller (export and import). `is_system` is the installation
    itself: it may make what callers may not, such as the local organization.
    """

    actor: str
    org: str
    may_import: bool = False
    is_system: bool = False


LOCAL = Caller(actor="local", org="local", may_import=True)
SYSTEM = Caller(actor="system", org="local", may_import=True, is_system=True)
