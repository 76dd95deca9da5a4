import re
from collections.abc import Iterator
from typing import Any

from django.db import migrations

NAMED_BY = {"AGENT_CALL": ("agent", "Agent"), "RUN": ("workflow", "Workflow")}
SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
ORGANIZATION, PLATFORM = 2, 1
AT_ONCE = 1000


def named(value: Any) -> Iterator[tuple[str, str]]:
    """(kind, slug) of what tasks name, wherever these stand."""
    inner = value if isinstance(value, list) else [*value.values()] if isinstance(value, dict) else []
    if isinstance(value, dict) and isinstance(value.get("kind"), str):
        field, kind = NAMED_BY.get(value["kind"].removeprefix("WORKFLOW_TASK_KIND_"), ("", ""))
        config = value.get("task_config") or value.get("taskConfig")
        slug = config.get(field) if field and isinstance(config, dict) else None
        if isinstance(slug, str) and SLUG.fullmatch(slug):
            yield kind, slug
    for each in inner:
        yield from named(each)


def note_mentions(apps: Any, schema_editor: Any) -> None:  # Any: as Django hands them over
    """What workflows name already. The nearest of that slug is the one that their runs get."""
    del schema_editor
    references = apps.get_model("resources", "StoredReference")
    kinds = {name: apps.get_model("resources", name) for name in ("Agent", "Workflow")}
    found = []
    for row in kinds["Workflow"].objects.only("id", "org", "spec").iterator(AT_ONCE):
        for kind, slug in sorted(set(named((row.spec or {}).get("tasks", [])))):
            owners = set(kinds[kind].objects.filter(slug=slug, org__in=("", row.org)).values_list("org", "owner_scope"))
            own = {scope for org, scope in owners if org == row.org}
            is_platforms = not own and ("", PLATFORM) in owners
            scope = PLATFORM if is_platforms else min(own, default=ORGANIZATION if row.org else PLATFORM)
            target = {"kind": kind, "owner_scope": scope, "org": "" if is_platforms else row.org, "slug": slug}
            found.append(references(source_kind="Workflow", source_id=row.pk, **target))
    references.objects.bulk_create(found, AT_ONCE)


class Migration(migrations.Migration):
    """Workflows refer to the agents that they ask and the workflows that they run: "what uses this?" names them."""

    dependencies = [("resources", "0025_signals")]
    operations = [migrations.RunPython(note_mentions, migrations.RunPython.noop)]
