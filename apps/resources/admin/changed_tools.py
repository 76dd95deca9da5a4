"""Tools that wait to be accepted, on the pages of an agent and of its runs: what changed, and a button."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.resources.admin.base import Context
from apps.resources.admin.forms import sentences
from apps.resources.admin.links import change_url
from apps.resources.api.authentication import authenticate
from apps.resources.errors import StigmerError
from apps.resources.identity import is_id
from apps.resources.ports import ChangedTools, machine
from apps.resources.registry import AGENT, AGENT_EXECUTION

URL_NAME = "resources_agent_accept_tools"


def changed_tools(agent_id: str, *, run_id: str = "", error: str = "") -> Context:
    """For resources/changed_tools.html. With the `error` of a run: only of the servers that it names."""
    found = [each for each in machine().tool_sets.changed(agent_id) if not run_id or _named(each) in error]
    url = reverse(f"admin:{URL_NAME}", args=[agent_id])
    return {"changed_tools": {"servers": found, "url": url, "run_id": run_id}} if found else {}


def accept(request: HttpRequest, agent_id: str) -> HttpResponse:
    """Accept the tools that the form was about, and go back to the page that it stood on."""
    from apps.resources.writes.tools import accept_tools

    server, digest = request.POST.get("server", ""), request.POST.get("digest", "")
    try:
        accept_tools(agent_id, server, authenticate(request), digest=digest)
    except StigmerError as error:
        messages.error(request, sentences(error))
    else:
        messages.success(request, f"The agent uses the tools of {server} as they are now. Run it again.")
    run_id = request.POST.get("run", "")
    is_of_run = is_id(run_id, AGENT_EXECUTION.prefix)
    return HttpResponseRedirect(change_url(AGENT_EXECUTION, run_id) if is_of_run else change_url(AGENT, agent_id))


def _named(changed: ChangedTools) -> str:
    return f"the tools of MCP server {changed.server!r} are not those"
