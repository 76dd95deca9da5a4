"""A run that a page asks for, as the port that starts it takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.resources.json_value import Json


@dataclass(frozen=True)
class RunWish:
    """StartRunRequest of the extension API says what each field means.

    `target` is a field of it (`workflow_instance`) and `key` the id there; `runtime_env` has (text, is secret) by name.
    """

    target: str
    key: str
    message: str = ""
    input: Mapping[str, Json] = field(default_factory=dict)
    input_texts: Mapping[str, str] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    runtime_env: Mapping[str, tuple[str, bool]] = field(default_factory=dict, repr=False)
    model: str = ""
    request_id: str = ""
    rerun_of: str = ""
