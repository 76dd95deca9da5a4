"""What revisions say: compared with each other, and made the present again."""

from __future__ import annotations

from typing import Any, cast

from apps.resources.base import Revision
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.json_value import Json
from apps.resources.kind import Action, Draft, Kind
from apps.resources.secrets import vault
from apps.resources.secrets.comparing import other_secrets
from apps.resources.storage.lookup import get_row
from apps.resources.storage.revisions import get_revision
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.resources.wire.codec import decode, given_status, message_class
from apps.resources.wire.json_form import to_json
from apps.resources.writes.actions import refuse_stale, update
from apps.resources.writes.batch import WriteBatch
from apps.resources.writes.diff import FieldChange, changes
from apps.resources.writes.outcome import Outcome
from apps.shared.annotations import GENERATED_AT
from apps.shared.masking import MASK


def difference(kind: Kind, before: Revision | None, after: Revision) -> list[FieldChange]:
    """What is different in `after`, by path; nothing where there is no revision before it.

    Of a secret with another value, the path: what it is shows nowhere.
    """
    if before is None:
        return []
    found = list(changes(_content(kind, before), _content(kind, after)))
    return found + [FieldChange(f"{path}.value", MASK, MASK) for path in other_secrets(before.secrets, after.secrets)]


@repeatable
def roll_back(
    kind: Kind,
    resource_id: str,
    number: int,
    caller: Caller,
    *,
    seen_version_id: str = "",
    message: str = "",
    dry_run: bool = False,
) -> Outcome:
    """Make a resource what it was in the revision of that number; UNCHANGED where it is so already.

    Secrets have their values of then, or the present ones where those cannot be read any more. Raises NotFound,
    RevisionNotFound, StaleVersion, and InvalidInput for what could not be applied today: a reference that no longer
    resolves, say.
    """
    with write_transaction(keep=not dry_run):
        row = get_row(kind, resource_id, caller)
        draft = _draft_of(kind, get_revision(kind, resource_id, number, caller), caller)
        draft.metadata.version_id = seen_version_id
        draft.metadata.version_message = message or f"back to revision {number}"
        refuse_stale(row, draft)
        if WriteBatch(kind, caller).is_unchanged(row, draft):
            return Outcome(draft, row, Action.UNCHANGED)
        try:
            return update(draft, caller)
        except InvalidInput as refused:
            choice = f"Deploy what it needs, or choose another revision: `stigmer history {kind.name} {row.slug}`"
            raise InvalidInput(refused.violations, hint=refused.hint or choice) from None


def _draft_of(kind: Kind, revision: Revision, caller: Caller) -> Draft:
    draft = decode(kind, message_class(kind).FromString(bytes(revision.snapshot)), caller)
    draft.secrets = {path: _value_of(revision.secrets.get(path, "")) for path in draft.secrets}
    return draft


def _value_of(sealed: str) -> str:
    """The mask, which stands for the value that is stored now, where there is none that can be read."""
    try:
        return vault.unseal(sealed) if sealed else MASK
    except KeyError:
        return MASK


def _content(kind: Kind, revision: Revision) -> dict[str, Json]:
    """What a user wrote."""
    message = cast("Any", message_class(kind).FromString(bytes(revision.snapshot)))  # each kind has a class of its own
    metadata = message.metadata
    return {
        "metadata": {
            "name": metadata.name,
            "labels": dict(sorted(metadata.labels.items())),
            "annotations": {key: value for key, value in sorted(metadata.annotations.items()) if key != GENERATED_AT},
            "tags": list(metadata.tags),
        },
        "spec": to_json(message.spec),
        **given_status(kind, message),
    }
