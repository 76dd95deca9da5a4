"""What a JSON value is to us, for every module that handles one."""

from __future__ import annotations

from typing import Any

Json = Any  # whatever json.loads can return; checking is protovalidate's, not mypy's
