"""Lines of the log."""

from __future__ import annotations

import json
import logging

from apps.shared.masking import Masker, keep_out_of_logs
from stigmer_site.logs import LineFormatter

SECRET = 'open"sesame'


def test_no_line_shows_a_secret_of_a_run_in_hand() -> None:
    """Whoever writes it, in whatever form: libraries quote what they were given."""
    masker = keep_out_of_logs(Masker({"TOKEN": SECRET}))
    error = ValueError(f"Invalid header value {SECRET.encode()!r}")
    cause = (ValueError, error, None)
    told = logging.LogRecord("h11", logging.ERROR, "", 1, "sent %r", (json.dumps(SECRET),), cause)
    line = LineFormatter().format(told)
    assert "Invalid header value" in line
    assert "sesame" not in line
    assert masker


def test_a_run_that_is_over_is_not_looked_for_any_more() -> None:
    keep_out_of_logs(Masker({"TOKEN": "shut-sesame"}))
    told = logging.LogRecord("apps", logging.INFO, "", 1, "shut-sesame", (), None)
    assert LineFormatter().format(told).endswith("INFO apps: shut-sesame")
