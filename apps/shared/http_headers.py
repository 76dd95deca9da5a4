"""What may stand in a header of HTTP, judged before a library does, whose words would quote the value."""

from __future__ import annotations

import re
from typing import Final

_UNSENDABLE: Final = re.compile(r"[\0\n\v\f\r]")


def complaint_of_value(name: str, value: str) -> str:
    """What is wrong with the value of the header `name`, as a sentence without it; nothing if it can be sent."""
    if _UNSENDABLE.search(value):
        return f"the value of the header {name!r} has a line break or a control character in it"
    return ""
