"""A refused apply, told in the words and places of the person's own files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from apps.backends.base import Invalid, Violation
from apps.shared.counts import counted
from cli.project.discovery import ManifestSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.project.discovery import DiscoveredResource

# How the server begins the path of a field of a batch.
PREFIX = re.compile(r"resources\[(\d+)\]\.?")


def in_your_words(error: Invalid, found: Sequence[DiscoveredResource]) -> Invalid:
    """`error` with `resources[3].spec.x` told as file, line, kind, name and field."""
    violations = [located(violation, found) for violation in error.violations]
    count = len(violations) + error.left_out
    if not count:
        return error
    return Invalid(
        f"{counted(count, 'problem')} in the resources; nothing was deployed",
        violations=violations,
        left_out=error.left_out,
        hint=error.hint or f"Correct {'it' if count == 1 else 'them'} and run the command again",
        reason=error.reason,
    )


def located(violation: Violation, found: Sequence[DiscoveredResource]) -> Violation:
    """`violation` with the place of its resource before the field; as it is where there is none."""
    match = PREFIX.match(violation.path)
    if match is None or int(match[1]) >= len(found):
        return violation
    resource = found[int(match[1])]
    field = violation.path[match.end() :]
    who = f"{resource.noun} {resource.slug or resource.name or match[1]}"
    # People know their files, but not the manifests that the SDK writes.
    where = who if isinstance(resource.source, ManifestSource) else f"{resource.source.locate(field)}: {who}"
    return Violation(f"{where}: {field}" if field else where, violation.message)
