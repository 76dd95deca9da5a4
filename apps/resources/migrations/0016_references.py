from typing import Any

from django.db import migrations, models

HOLDERS = {"AgentInstance": "environment_refs", "WorkflowInstance": "env_refs"}
AT_ONCE = 1000


def note_references(apps: Any, schema_editor: Any) -> None:  # Any: as Django hands them over
    """What instances refer to already. The nearest of that slug is the one that their runs get."""
    del schema_editor
    environments, references = apps.get_model("resources", "Environment"), apps.get_model("resources", "StoredReference")
    for kind, field in HOLDERS.items():
        rows = apps.get_model("resources", kind).objects.filter(spec__has_key=field)
        found = []
        for row in rows.only("id", "org", "spec").iterator(AT_ONCE):
            for wanted in row.spec[field]:
                org, slug = wanted.get("org") or row.org, wanted.get("slug", "")
                for scope in environments.objects.filter(slug=slug, org=org).values_list("owner_scope", flat=True)[:1]:
                    target = {"kind": "Environment", "owner_scope": scope, "org": org, "slug": slug}
                    found.append(references(source_kind=kind, source_id=row.pk, **target))
        references.objects.bulk_create(found, AT_ONCE)


class Migration(migrations.Migration):
    """Who refers to what, for answers to "what uses this?"."""

    dependencies = [("resources", "0015_access")]

    operations = [
        migrations.CreateModel(
            name="StoredReference",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source_kind", models.CharField(max_length=40)),
                ("source_id", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=40)),
                ("owner_scope", models.PositiveSmallIntegerField()),
                ("org", models.CharField(blank=True, max_length=63)),
                ("slug", models.CharField(max_length=71)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["slug", "org", "kind"], name="reference_by_target"),
                    models.Index(fields=["source_id"], name="reference_by_source"),
                ],
            },
        ),
        migrations.RunPython(note_references, migrations.RunPython.noop),
    ]
