"""The suite of an ordinary kind."""

from __future__ import annotations

from tests.suites.changeable_suite import ChangeableSuite
from tests.suites.creatable_suite import CreatableSuite


class OrdinarySuite(ChangeableSuite, CreatableSuite):
    """Promises of a kind that callers create, change and delete."""
