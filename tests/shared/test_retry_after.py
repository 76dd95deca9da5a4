"""When a host wants to be asked again."""

from __future__ import annotations

import math

import pytest

from apps.shared.retry_after import retry_after_seconds

NOW = 784_111_777.0
"""Sun, 06 Nov 1994 08:49:37 GMT."""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "9" * 400}, math.inf),
        ({"retry-after": "5", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "5", "retry-after-ms": "soon"}, 5.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT"}, 60.0),
        ({"retry-after": "Sunday, 06-Nov-94 08:50:37 GMT"}, 60.0),
        ({"retry-after": "Sun Nov  6 08:50:37 1994"}, 60.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:48:37 GMT"}, 0.0),
        ({"retry-after": "Sun, 06 Nov 1994 09:50:37 GMT", "date": "Sun, 06 Nov 1994 09:50:07 GMT"}, 30.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT", "date": "yesterday"}, 60.0),
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "Sun, 99 Nov 1994 08:50:37 GMT"}, None),
        ({"retry-after": "Sun, 06 Nov 99999999999 08:50:37 GMT"}, None),
        ({"retry-after": "soon"}, None),
    ],
)
def test_what_the_headers_say(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, now=NOW) == seconds
