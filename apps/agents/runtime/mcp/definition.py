"""The servers that an agent declares, with every placeholder replaced."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit, urlunsplit

from apps.agents.runtime.errors import RunFailed
from apps.resources.json_value import Json
from apps.shared.http_headers import complaint_of_value

PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
HTTP_SECONDS = 30.0


@dataclass(frozen=True)
class StdioServer:
    """A program to start. `environment` is all that it gets beyond a minimum."""

    name: str
    command: str
    arguments: list[str] = field(repr=False)  # what placeholders brought in may be secret
    environment: dict[str, str] = field(repr=False)
    working_dir: str = ""


@dataclass(frozen=True)
class HttpServer:
    name: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    timeout_seconds: float = HTTP_SECONDS


Server = StdioServer | HttpServer


def servers(definitions: Sequence[Json], environment: Mapping[str, str], declared: Json) -> list[Server]:
    """The servers of these definitions. Raises RunFailed for a placeholder that has no value, naming both.

    `declared`: the variables that their agent declares, with what is said of them.
    """
    return [_server(definition, environment, declared) for definition in definitions]


def _server(definition: Json, environment: Mapping[str, str], declared: Json) -> Server:
    name = definition.get("name", "")
    secrets = {*definition.get("secrets", ()), *(key for key, said in declared.items() if said.get("is_secret"))}

    def fill(text: str) -> str:
        return PLACEHOLDER.sub(lambda found: _value(found[1], name, environment, secrets), text)

    def fill_all(texts: Json) -> dict[str, str]:
        return {key: fill(text) for key, text in (texts or {}).items()}

    if stdio := definition.get("stdio"):
        arguments = [fill(text) for text in stdio.get("args", [])]
        variables = fill_all(stdio.get("env_placeholders"))
        return StdioServer(name, stdio.get("command", ""), arguments, variables, stdio.get("working_dir", ""))
    if http := definition.get("http"):
        url = _with_query(fill(http.get("url", "")), fill_all(http.get("query_params")))
        seconds = float(http.get("timeout_seconds") or HTTP_SECONDS)
        headers = {header: value.strip(" \t") for header, value in fill_all(http.get("headers")).items()}
        for header, value in headers.items():
            if complaint := complaint_of_value(header, value):
                raise RunFailed(f"MCP server {name!r} cannot be asked: {complaint}")
        return HttpServer(name, url, headers, seconds)
    raise RunFailed(f"MCP server {name!r} says neither what to start nor where to reach it")


def _value(variable: str, server: str, environment: Mapping[str, str], secrets: Collection[str]) -> str:
    # What a stored server brings along is its own: another may call something else by the same name.
    value = environment.get(variable, environment.get(f"{server}/{variable}"))
    if value is None:
        given = f"secret:{variable}" if variable in secrets else f"{variable}=VALUE"
        raise RunFailed(
            f"MCP server {server!r} needs the variable {variable}, which has no value",
            hint=f"Give it to the run (`--runtime-env {given}`) or to an environment of the instance",
        )
    return value


def _with_query(url: str, parameters: Mapping[str, str]) -> str:
    if not parameters:
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    return urlunsplit(parts._replace(query=query))
