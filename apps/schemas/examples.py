"""Examples of fields, for `stigmer explain`: the tests run each through the checks of the engine, of the contract and,
all manifests together, of an apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any  # plain data

_SET: Final[Json] = {"name": "note", "kind": "SET", "task_config": {"variables": {"done": "yes"}}}
TASKS: Final[dict[str, dict[str, Json]]] = {
    "SET": {"variables": {"total": "${ .price * .count }"}},
    "HTTP_CALL": {
        "method": "PUT",
        "endpoint": {"uri": "https://api.example.com/orders/7"},
        "headers": {"Authorization": "Bearer ${.secrets.API_KEY}"},
        "body": {"item": "${ .item }", "count": 2},
        "timeout_seconds": 30,
        "retry": {"limit": 3, "delay": "PT2S", "backoff": "exponential"},
    },
    "GRPC_CALL": {"service": "shop.Orders", "method": "Get", "request": {"id": "7"}},
    "CALL_ACTIVITY": {"activity": "resize", "input": {"width": 20}},
    "SWITCH": {"cases": [{"name": "big", "when": "${ .n > 5 }", "then": "end"}]},
    "FOR": {"each": "item", "in": "${ .items }", "do": [_SET], "concurrency": 4},
    "FORK": {"branches": [{"name": "a", "do": [_SET]}, {"name": "b", "do": [_SET]}], "compete": True},
    "TRY": {"try": [_SET], "catch": {"errors": ["timeout"], "as": "error", "do": [_SET]}},
    "LISTEN": {"to": {"mode": "one", "signals": [{"id": "approved", "type": "signal"}]}},
    "WAIT": {"seconds": 5},
    "RAISE": {"error": "OutOfStock", "message": "${ .item } is sold out"},
    "RUN": {"workflow": "invoice", "input": {"order": 7}},
    "AGENT_CALL": {"agent": "support", "message": "${ .question }", "config": {"model": "small"}},
}
"""By kind of task: its config."""


_TOKEN: Final[Json] = {
    "TICKETS_TOKEN": {"is_secret": True, "description": "May read and answer tickets."},
    "TICKETS_TEAM": {"value": "billing", "description": "Whose tickets."},
}
SPECS: Final[dict[str, list[tuple[str, Json]]]] = {
    "environment": [
        (
            "staging",
            {
                "description": "Where releases are tried",
                "data": {
                    "REGION": {"value": "eu-west-1", "description": "Where the servers are."},
                    "TICKETS_TOKEN": {"value": "", "is_secret": True, "description": "`stigmer env set` sets it."},
                },
            },
        )
    ],
    "mcp-server": [
        (
            "tickets",
            {
                "description": "Reads and answers tickets",
                "icon_url": "https://tickets.example.com/icon.png",
                "tags": ["support"],
                "http": {
                    "url": "https://tickets.example.com/mcp",
                    "headers": {"Authorization": "Bearer ${TICKETS_TOKEN}"},
                    "query_params": {"team": "billing"},
                    "timeout_seconds": 30,
                },
                "default_enabled_tools": ["read_ticket", "answer_ticket"],
                "env_spec": {"description": "How to sign in", "data": _TOKEN},
            },
        ),
        (
            "files",
            {
                "description": "Files of one directory",
                "stdio": {"command": "python3", "args": ["tools/files.py"], "working_dir": "/srv/files"},
            },
        ),
        (
            "browser",
            {
                "description": "A browser in a container",
                "docker": {
                    "image": "registry.example.com/browser:1.4",
                    "args": ["--headless"],
                    "volumes": [{"host_path": "/srv/pages", "container_path": "/pages", "read_only": True}],
                    "network": "bridge",
                    "ports": [{"host_port": 9222, "container_port": 9222, "protocol": "tcp"}],
                    "container_name": "browser",
                },
            },
        ),
    ],
    "skill": [("refund-rules", {"skill_md": "# Refunds\n\nUp to 50 euros at once; ask a person beyond that.\n"})],
    "agent": [
        (
            "support",
            {
                "description": "Answers tickets",
                "icon_url": "https://example.com/support.png",
                "instructions": "Read the ticket, look the order up, and answer in two sentences.",
                "mcp_servers": [
                    {"name": "tickets"},
                    {
                        "name": "orders",
                        "stdio": {
                            "command": "python3",
                            "args": ["tools/orders.py"],
                            "env_placeholders": {"TOKEN": "${TICKETS_TOKEN}"},
                            "working_dir": "/srv/orders",
                        },
                        "enabled_tools": ["find_order"],
                    },
                    {
                        "name": "stock",
                        "http": {
                            "url": "https://stock.example.com/mcp",
                            "headers": {"Authorization": "Bearer ${TICKETS_TOKEN}"},
                            "query_params": {"shop": "7"},
                            "timeout_seconds": 10,
                        },
                    },
                    {
                        "name": "browser",
                        "docker": {
                            "image": "registry.example.com/browser:1.4",
                            "args": ["--headless"],
                            "env_placeholders": {"TOKEN": "${TICKETS_TOKEN}"},
                            "volumes": [{"host_path": "/srv/pages", "container_path": "/pages", "read_only": True}],
                            "network": "bridge",
                            "ports": [{"host_port": 9222, "container_port": 9222, "protocol": "tcp"}],
                            "container_name": "browser",
                        },
                    },
                ],
                "skill_refs": [{"kind": "skill", "slug": "refund-rules"}],
                "sub_agents": [
                    {
                        "name": "checker",
                        "description": "Checks an answer before it is sent",
                        "instructions": "Say what is wrong with the answer, or that nothing is.",
                        "mcp_servers": ["orders"],
                        "mcp_tool_selections": {"orders": {"enabled_tools": ["find_order"]}},
                        "skill_refs": [{"kind": "skill", "slug": "refund-rules"}],
                    }
                ],
                "env_spec": {"description": "How to sign in", "data": _TOKEN},
            },
        )
    ],
    "agent-instance": [
        (
            "support-staging",
            {
                "agent_id": "support",
                "description": "Answers tickets where releases are tried",
                "environment_refs": [{"kind": "environment", "slug": "staging"}],
            },
        )
    ],
    "workflow": [
        (
            "order-report",
            {
                "description": "Fetches an order and notes what it costs",
                "document": {
                    "dsl": "1.0.0",
                    "namespace": "shop",
                    "name": "order-report",
                    "version": "0.1.0",
                    "description": "Fetches an order and notes what it costs",
                },
                "tasks": [
                    {
                        "name": "fetch",
                        "kind": "HTTP_CALL",
                        "task_config": {"method": "GET", "endpoint": {"uri": "https://api.example.com/orders/7"}},
                        "export": {"as": "${ .body }"},
                        "flow": {"then": "note"},
                    },
                    {"name": "note", "kind": "SET", "task_config": {"variables": {"total": "${ .price }"}}},
                ],
                "env_spec": {"description": "How to sign in", "data": _TOKEN},
            },
        )
    ],
    "workflow-instance": [
        (
            "order-report-staging",
            {
                "workflow_id": "order-report",
                "description": "Reports where releases are tried",
                "env_refs": [{"kind": "environment", "slug": "staging"}],
            },
        )
    ],
}
"""By kind: names and specs. They deploy together."""


def manifests() -> list[Json]:
    """All of SPECS, as files have them, in an order in which they deploy."""
    return [manifest_of(noun, name, spec) for noun, named in SPECS.items() for name, spec in named]


def manifest_of(noun: str, name: str, spec: Json) -> Json:
    """A whole manifest."""
    kind = "".join(word.capitalize() for word in noun.split("-"))
    return {"apiVersion": "agentic.stigmer.ai/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def example_of(path: str) -> Json:
    """What may stand at `path` (`workflow.tasks.http_call.endpoint`), of lists one item; None for none.

    Of a kind as a whole (`agent`), a manifest.
    """
    noun, *names = path.split(".")
    if not names:
        return manifest_of(noun, *SPECS[noun][0]) if noun in SPECS else None
    if noun == "workflow" and names[0] == "tasks" and names[1:] and names[1].upper() in TASKS:
        found, names = [TASKS[names[1].upper()]], names[2:]
    else:
        found = [spec for _, spec in SPECS.get(noun, ())]
    for name in names:
        found = [each[name] for value in found for each in below(value) if name in each]
    return next(iter(found), None)


def below(value: Json) -> Iterator[dict[str, Json]]:
    """The objects whose fields are told as those of `value`: itself, those of a list, or those of a map by name."""
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))
    elif isinstance(value, dict):
        yield value
        yield from (each for each in value.values() if isinstance(each, dict))
