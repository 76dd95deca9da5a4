"""MCP servers: what every kind promises, and each way to reach one."""

from __future__ import annotations

import grpc
import pytest

from apps.resources.json_value import Json
from tests.suites.asking import refusal
from tests.suites.client import KindApi, unique
from tests.suites.ordinary_suite import OrdinarySuite


class TestMcpServer(OrdinarySuite):
    kind = "McpServer"
    good_spec = {
        "description": "Tells the time anywhere.",
        "stdio": {"command": "uvx", "args": ["mcp-server-time"]},
        "default_enabled_tools": ["now"],
    }
    bad_specs = {"spec.stdio.command": {"stdio": {"args": ["mcp-server-time"]}}}

    @pytest.mark.parametrize(
        ("path", "way"),
        [
            ("spec.http.url", {"http": {"url": "nowhere"}}),
            ("spec.http.timeout_seconds", {"http": {"url": "https://tools.example.com/mcp", "timeout_seconds": 301}}),
            ("spec.docker.image", {"docker": {}}),
            ("spec.docker.ports[0].host_port", {"docker": {"image": "tools", "ports": [{"container_port": 80}]}}),
        ],
    )
    def test_every_way_to_reach_it_is_checked(self, kinds: KindApi, path: str, way: dict[str, Json]) -> None:
        refused = refusal(kinds, "create", kinds.envelope(way, name=unique("server")))
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {path})

    def test_secrets_of_its_variables_are_masked(self, kinds: KindApi) -> None:
        spec = {**self.good_spec, "env_spec": {"data": {"TOKEN": {"value": "hunter2", "is_secret": True}}}}
        made = kinds.create(kinds.envelope(spec, name=unique("server")))
        assert made.spec.env_spec.data["TOKEN"].value == "********"
