"""What agents remember between runs, beyond their resources."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models

from apps.resources.models import Agent


class SeenTools(models.Model):
    """The tools that a server offered to an agent when a run first used it, or when a person accepted them last.

    `digests` has the digest of each tool (name, description, schema) by its name; `digest` is of all of them.
    `definition` is the digest of the server's definition in the agent: with another one, the tools are new.
    """

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="seen_tools")
    server = models.CharField(max_length=255)
    definition = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    digests = models.JSONField()
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "server"], name="seen_tools_identity")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.server}"


def find_seen_tools(agent_id: str, server: str) -> SeenTools | None:
    return SeenTools.objects.filter(agent_id=agent_id, server=server).first()


def remember_tools(agent_id: str, server: str, *, definition: str, digest: str, digests: Mapping[str, str]) -> None:
    values = {"definition": definition, "digest": digest, "digests": digests}
    SeenTools.objects.update_or_create(agent_id=agent_id, server=server, defaults=values)
