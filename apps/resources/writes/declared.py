"""Secrets that are declared without a value: what is stored for them stays."""

from __future__ import annotations

import re
from dataclasses import replace

from apps.resources.base import Resource
from apps.resources.kind import Draft, Row
from apps.resources.wire.codec import with_masks

KEY = re.compile(r'\["(.*)"\]\Z', re.DOTALL)


def with_kept_secrets(draft: Draft[Row], row: Resource | None) -> Draft[Row]:
    """The draft with the values that `row` has for the secrets it declares, and a warning for those without any."""
    if not draft.declared_secrets:
        return draft
    stored = row.secrets if row else {}
    kept = [path for path in draft.declared_secrets if path in stored]
    missing = [
        f"{key} has no value yet: `stigmer env set {draft.metadata.slug} {key} --secret`"
        for path in draft.declared_secrets
        if path not in stored and (key := _key(path))
    ]
    return replace(with_masks(draft, kept) if kept else draft, warnings=[*draft.warnings, *missing])


def _key(path: str) -> str:
    """`TOKEN` for `spec.data["TOKEN"]`."""
    found = KEY.search(path)
    return found[1] if found else path
