"""What agents remember between runs, beyond their resources."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.resources.json_value import Json
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
    tools = models.JSONField(null=True)
    """What stands behind `digests`: {"description", "schema"} of each; None where only those were kept."""
    offered = models.JSONField(null=True)
    """Other tools, which a run was offered last and nobody has accepted: {"digest", "digests", "tools"}."""
    deployed = models.CharField(max_length=64, default="", db_default="")
    """The files of the project as they were deployed last (project_files.fingerprint), until a run has used them.

    "" for a server that is no part of a project, and after that run.
    """
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "server"], name="seen_tools_identity")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.server}"

    @property
    def known(self) -> dict[str, Json]:
        """The tools by name. Of one that only a digest is kept of: as it is offered where it is the same, else that."""
        if self.tools is not None:
            return dict(self.tools)
        offered = self.offered or {"digests": {}, "tools": {}}
        same = {name for name, digest in self.digests.items() if offered["digests"].get(name) == digest}
        return {name: offered["tools"][name] if name in same else digest for name, digest in self.digests.items()}


def find_seen_tools(agent_id: str, server: str) -> SeenTools | None:
    return SeenTools.objects.filter(agent_id=agent_id, server=server).first()


def remember_tools(agent_id: str, server: str, *, definition: str, offered: Json) -> None:
    values = {"definition": definition, **offered, "offered": None, "deployed": ""}
    SeenTools.objects.update_or_create(agent_id=agent_id, server=server, defaults=values)


def keep_offered(seen: SeenTools, offered: Json) -> None:
    """Tools that wait for somebody to accept them; None when there are none."""
    seen.offered = offered
    seen.save(update_fields=["offered"])


def waiting_tools(agent_id: str) -> list[SeenTools]:
    """Servers of an agent whose tools wait to be accepted."""
    return list(SeenTools.objects.filter(agent_id=agent_id, offered__isnull=False).order_by("server"))


def tools_seen_of(server: str) -> list[SeenTools]:
    """What agents have seen of servers of this name."""
    return list(SeenTools.objects.filter(server=server).select_related("agent"))


def is_seen(which: Any) -> bool:  # Any: a filter of Django's
    """Whether an agent has seen any of these."""
    return SeenTools.objects.filter(which).exists()


def accept_deployed(which: Any, files: str) -> None:  # Any: a filter of Django's
    """The tools that the next run is offered are accepted while the project's files are these; nothing waits."""
    SeenTools.objects.filter(which).update(deployed=files, offered=None)
