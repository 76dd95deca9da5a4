"""The secrets that this process has in its hands: no line of its log shows one, whoever writes it."""

from __future__ import annotations

import threading
from typing import Final
from weakref import WeakSet

from apps.shared.masking.masker import Masker

_live: Final[WeakSet[Masker]] = WeakSet()
_lock: Final = threading.Lock()


def keep_out_of_logs(masker: Masker) -> Masker:
    """`masker` itself, whose secrets are in no log for as long as somebody has it."""
    if masker:
        with _lock:
            _live.add(masker)
    return masker


def for_log(text: str) -> str:
    """`text` without the secrets of any run at hand."""
    with _lock:
        maskers = list(_live)
    for masker in maskers:
        text = masker.text(text)
    return text
