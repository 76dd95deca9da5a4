"""What programs give to be deployed, as it is sent."""

from __future__ import annotations

from typing import Any

from apps.backends import kinds
from apps.backends.base import Envelope, Invalid
from apps.backends.resource import own


def declared_envelope(declared: Any, org: str) -> Envelope:
    """The envelope of something of the SDK, or of a message of the contract, in `org` where it names none.

    Raises Invalid for anything else.
    """
    made = declared.to_message() if hasattr(declared, "to_message") else declared
    if getattr(getattr(made, "DESCRIPTOR", None), "name", "") not in kinds.BY_NAME:
        what = type(declared).__name__
        raise Invalid(f"{what} cannot be applied: give agents and workflows of the SDK, or messages of the contract")
    filled = kinds.BY_NAME[made.DESCRIPTOR.name].message_class().FromString(made.SerializeToString())
    own(filled, org)
    return Envelope(filled.kind, filled.SerializeToString(deterministic=True))
