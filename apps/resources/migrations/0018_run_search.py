import json
import re
from importlib import import_module

from django.db import migrations, models

COLUMNS = ("name", "message", "input", "output", "error")
NEW, OLD = (", ".join(f"{which}.{column}" for column in COLUMNS) for which in ("new", "old"))
NAMES = ", ".join(COLUMNS)
SQLITE = (
    f"CREATE VIRTUAL TABLE resources_runwords USING fts5({NAMES}, content='resources_runtext', content_rowid='id')",
    f"""CREATE TRIGGER resources_runtext_added AFTER INSERT ON resources_runtext BEGIN
        INSERT INTO resources_runwords (rowid, {NAMES}) VALUES (new.id, {NEW}); END""",  # noqa: S608 - constants
    f"""CREATE TRIGGER resources_runtext_gone AFTER DELETE ON resources_runtext BEGIN
        INSERT INTO resources_runwords (resources_runwords, rowid, {NAMES}) VALUES ('delete', old.id, {OLD}); END""",  # noqa: S608 - constants
    f"""CREATE TRIGGER resources_runtext_changed AFTER UPDATE ON resources_runtext BEGIN
        INSERT INTO resources_runwords (resources_runwords, rowid, {NAMES}) VALUES ('delete', old.id, {OLD});
        INSERT INTO resources_runwords (rowid, {NAMES}) VALUES (new.id, {NEW}); END""",  # noqa: S608 - constants
)
REST = "name || ' ' || message || ' ' || input || ' ' || output"
POSTGRESQL = (
    f"""ALTER TABLE resources_runtext ADD COLUMN words tsvector GENERATED ALWAYS AS
        (setweight(to_tsvector('simple', error), 'A') || setweight(to_tsvector('simple', {REST}), 'D')) STORED""",
    "CREATE INDEX resources_runtext_words ON resources_runtext USING gin (words)",
)
TARGETS = (
    """UPDATE resources_agentexecution SET target_id = COALESCE((SELECT i.agent_id FROM resources_session s
        JOIN resources_agentinstance i ON i.id = s.agent_instance_id WHERE s.id = session_id), '')""",
    """UPDATE resources_workflowexecution SET target_id = COALESCE((SELECT i.workflow_id
        FROM resources_workflowinstance i WHERE i.id = instance_id), '')""",
)
WORD = re.compile(r"[^\W_]+")
KINDS = ("AgentExecution", "WorkflowExecution")
AT_ONCE = 500
SAID_BY_AGENT = 2


def make_index(apps, schema_editor):
    del apps  # this is for the database alone
    vendor = schema_editor.connection.vendor
    for statement in (*(SQLITE if vendor == "sqlite" else POSTGRESQL), *TARGETS):
        schema_editor.execute(statement)


def index_stored_runs(apps, schema_editor):
    """In the order in which they were created, whichever kind they are of."""
    del schema_editor
    text_class = apps.get_model("resources", "RunText")
    models_of = {name: (apps.get_model("resources", name), message_of(name)) for name in KINDS}
    order = sorted(
        (pk.partition("-")[2], pk, name)
        for name, (model, _) in models_of.items()
        for pk in model.objects.values_list("pk", flat=True)
    )
    for start in range(0, len(order), AT_ONCE):
        some = order[start : start + AT_ONCE]
        rows = {}
        for name, (model, message) in models_of.items():
            wanted = [pk for _, pk, of in some if of == name]
            rows |= {row.pk: (row, message) for row in model.objects.filter(pk__in=wanted)}
        text_class.objects.bulk_create([text_of(text_class, *rows[pk]) for _, pk, _ in some])


def message_of(name):
    return getattr(import_module(f"stigmer_proto.agentic.{name.lower()}.v1.api_pb2"), name)


def text_of(text_class, row, message):
    spec = row.spec or {}
    given = spec.get("trigger_metadata")
    values = {
        "name": row.name,
        "message": spec.get("message") or spec.get("trigger_message") or "",
        "input": json.dumps(given, ensure_ascii=False) if given else "",
        "output": output_of(message.FromString(bytes(row.snapshot)).status) if row.is_folded else "",
        "error": row.error,
    }
    return text_class(execution_id=row.pk, **{name: words(text) for name, text in values.items()})


def output_of(status):
    if hasattr(status, "output"):
        return str(status.output) if status.output.fields else ""
    said = [each.content for each in status.messages if each.type == SAID_BY_AGENT and each.content]
    return said[-1] if said else ""


def words(text):
    return " ".join(word[:100] for word in WORD.findall(text[:50_000].lower()))


class Migration(migrations.Migration):

    dependencies = [
        ("resources", "0017_journal"),
    ]

    operations = [
        migrations.CreateModel(
            name="RunText",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("execution_id", models.CharField(max_length=40, unique=True)),
                ("name", models.TextField()),
                ("message", models.TextField()),
                ("input", models.TextField()),
                ("output", models.TextField()),
                ("error", models.TextField()),
            ],
        ),
        migrations.AddField(
            model_name="agentexecution",
            name="seconds",
            field=models.FloatField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="agentexecution",
            name="target_id",
            field=models.CharField(blank=True, default="", editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name="agentexecution",
            name="tokens",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="workflowexecution",
            name="seconds",
            field=models.FloatField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="workflowexecution",
            name="target_id",
            field=models.CharField(blank=True, default="", editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name="workflowexecution",
            name="tokens",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="agentexecution",
            index=models.Index(fields=["target_id", "-id"], name="agentexecution_by_target"),
        ),
        migrations.AddIndex(
            model_name="agentexecution",
            index=models.Index(fields=["seconds"], name="agentexecution_by_seconds"),
        ),
        migrations.AddIndex(
            model_name="agentexecution",
            index=models.Index(fields=["tokens"], name="agentexecution_by_tokens"),
        ),
        migrations.AddIndex(
            model_name="workflowexecution",
            index=models.Index(fields=["target_id", "-id"], name="workflowexecution_by_target"),
        ),
        migrations.AddIndex(
            model_name="workflowexecution",
            index=models.Index(fields=["seconds"], name="workflowexecution_by_seconds"),
        ),
        migrations.AddIndex(
            model_name="workflowexecution",
            index=models.Index(fields=["tokens"], name="workflowexecution_by_tokens"),
        ),
        migrations.RunPython(make_index, migrations.RunPython.noop),
        migrations.RunPython(index_stored_runs, migrations.RunPython.noop),
    ]
