import hashlib

from django.db import migrations, models

ROWS = 1000


def find_terms(apps, _schema_editor):
    """Every tag and label that is stored, as `storage/terms.py` has them."""
    term_model = apps.get_model("resources", "ResourceTerm")
    for model in apps.get_app_config("resources").get_models():
        if not {"tags", "labels", "slug"} <= {field.name for field in model._meta.fields}:
            continue
        kind = model._meta.object_name
        rows = model.objects.exclude(tags=[], labels={}).values_list("pk", "tags", "labels")
        found = (
            term_model(term=term, resource_id=pk)
            for pk, tags, labels in rows.iterator(ROWS)
            for term in terms_of(kind, tags, labels)
        )
        term_model.objects.bulk_create(found, batch_size=ROWS)


def terms_of(kind, tags, labels):
    said = [("tag", tag, "") for tag in tags] + [("label", name, value) for name, value in labels.items()]
    return {hashlib.sha256("\0".join((kind, *each)).encode()).hexdigest() for each in said}


class Migration(migrations.Migration):
    """Tags and labels are found by an index, however many resources there are."""

    dependencies = [("resources", "0018_run_search")]

    operations = [
        migrations.CreateModel(
            name="ResourceTerm",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("term", models.CharField(max_length=64)),
                ("resource_id", models.CharField(max_length=40)),
            ],
            options={
                "indexes": [models.Index(fields=["resource_id"], name="terms_of_resource")],
                "constraints": [models.UniqueConstraint(fields=("term", "resource_id"), name="resource_term")],
            },
        ),
        migrations.RunPython(find_terms, migrations.RunPython.noop),
    ]
