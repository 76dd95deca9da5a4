from collections import defaultdict
from importlib import import_module

from django.db import migrations, models

AT_ONCE = 200
LONG_PROMPTS = (32_000, 100_000, 128_000, 199_999, 200_000, 256_000, 272_000, 512_000, 524_288)


def note_stored_runs(apps, schema_editor):
    """What runs that have ended asked of models, as it is noted from now on when one ends."""
    del schema_editor
    envelope = import_module("stigmer_proto.agentic.agentexecution.v1.api_pb2").AgentExecution
    usage = apps.get_model("resources", "RunUsage")
    stored = apps.get_model("resources", "AgentExecution").objects
    ended = stored.filter(is_folded=True, completed_at__isnull=False, tokens__isnull=False).order_by("pk")
    after = ""
    while rows := list(ended.filter(pk__gt=after)[:AT_ONCE]):
        for row in rows:
            status = envelope.FromString(bytes(row.snapshot)).status
            usage.objects.bulk_create(usage(**told) for told in usage_of(row, status))
        after = rows[-1].pk


def usage_of(row, status):
    found = defaultdict(lambda: [0, 0])
    for message in status.messages:
        fields = message.metadata.fields
        read, written = (
            max(0, int(fields[name].number_value)) if name in fields else 0 for name in ("input_tokens", "output_tokens")
        )
        if read or written:
            model = fields["model"].string_value if "model" in fields else ""
            tokens = found[model[:200], max((limit for limit in LONG_PROMPTS if read > limit), default=0)]
            tokens[0], tokens[1] = tokens[0] + read, tokens[1] + written
    for (model, over), (read, written) in sorted(found.items()):
        yield {
            "execution_id": row.pk,
            "model": model,
            "prompt_over": over,
            "input_tokens": read,
            "output_tokens": written,
            "target_id": row.target_id,
            "org": row.org,
            "ended_second": int(row.completed_at.timestamp()),
        }


class Migration(migrations.Migration):

    dependencies = [
        ("resources", "0021_run_charts_and_saved_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="RunUsage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("execution_id", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=200)),
                ("prompt_over", models.PositiveIntegerField(default=0)),
                ("input_tokens", models.PositiveBigIntegerField()),
                ("output_tokens", models.PositiveBigIntegerField()),
                ("target_id", models.CharField(blank=True, default="", max_length=40)),
                ("org", models.CharField(blank=True, default="", max_length=63)),
                ("ended_second", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["ended_second"], name="usage_by_time"),
                    models.Index(fields=["target_id", "ended_second"], name="usage_by_target"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=["execution_id", "model", "prompt_over"], name="usage_of_run"),
                ],
            },
        ),
        migrations.RunPython(note_stored_runs, migrations.RunPython.noop),
    ]
