"""MCP servers: where an agent's tools come from."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from stigmer import checks

PORT_MAX: Final = 65535
Protocol = Literal["tcp", "udp", "sctp"]
PROTOCOLS: Final = ("tcp", "udp", "sctp")

# Variables for a server's process: values, which may hold `${VAR}` placeholders, or only names to pass through.
Placeholders = Mapping[str, str] | Iterable[str]


class Volume:
    """A directory of the host that a container sees."""

    def __init__(self, host_path: str, container_path: str, *, read_only: bool = False) -> None:
        self.host_path = checks.required("Volume", "host_path", host_path)
        self.container_path = checks.required("Volume", "container_path", container_path)
        self.read_only = checks.flag("Volume", "read_only", read_only)

    def to_dict(self) -> dict[str, Any]:
        """The fields of a VolumeMount."""
        return {"host_path": self.host_path, "container_path": self.container_path, "read_only": self.read_only}


class Port:
    """A port of a container, reachable on the host."""

    def __init__(self, host_port: int, container_port: int, *, protocol: Protocol = "tcp") -> None:
        self.host_port = checks.whole("Port", "host_port", host_port, 1, PORT_MAX)
        self.container_port = checks.whole("Port", "container_port", container_port, 1, PORT_MAX)
        self.protocol = checks.one_of("Port", "protocol", protocol, PROTOCOLS)

    def to_dict(self) -> dict[str, Any]:
        """The fields of a PortMapping."""
        return {"host_port": self.host_port, "container_port": self.container_port, "protocol": self.protocol}


class McpServer:
    """One server, made by `McpServer.stdio`, `McpServer.http` or `McpServer.docker`.

    `enabled_tools` are the tools the agent may use; none named means all. `${VAR}` in variables, headers, query and
    arguments is filled in from the run's environment.
    """

    def __init__(self, name: str, server: dict[str, Any], enabled_tools: Iterable[str]) -> None:
        owner = f'McpServer("{name}")'
        self.name = checks.required(owner, "name", name)
        self.enabled_tools = checks.texts(owner, "enabled_tools", enabled_tools)
        checks.unique(owner, "enabled_tools", self.enabled_tools)
        self._server = server

    @staticmethod
    def stdio(
        name: str,
        command: str,
        *,
        args: Iterable[str] = (),
        env: Placeholders = (),
        working_dir: str = "",
        enabled_tools: Iterable[str] = (),
    ) -> "McpServer":
        """A program started for the run that speaks MCP on its standard input and output."""
        owner = f'McpServer.stdio("{name}")'
        server = {
            "command": checks.required(owner, "command", command),
            "args": checks.arguments(owner, "args", args),
            "env_placeholders": _placeholders(owner, env),
            "working_dir": checks.text(owner, "working_dir", working_dir),
        }
        return McpServer(name, {"stdio": server}, enabled_tools)

    @staticmethod
    def http(
        name: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        timeout_seconds: int | None = None,
        enabled_tools: Iterable[str] = (),
    ) -> "McpServer":
        """A server reached over HTTP. Without `timeout_seconds` (at least 1) the runner's own limit holds."""
        owner = f'McpServer.http("{name}")'
        server: dict[str, Any] = {
            "url": checks.required(owner, "url", url),
            "headers": checks.text_map(owner, "headers", headers or {}),
            "query_params": checks.text_map(owner, "query", query or {}),
        }
        if timeout_seconds is not None:
            server["timeout_seconds"] = checks.whole(owner, "timeout_seconds", timeout_seconds, 1)
        return McpServer(name, {"http": server}, enabled_tools)

    @staticmethod
    def docker(
        name: str,
        image: str,
        *,
        args: Iterable[str] = (),
        env: Placeholders = (),
        volumes: Iterable[Volume] = (),
        ports: Iterable[Port] = (),
        network: str = "",
        container_name: str = "",
        enabled_tools: Iterable[str] = (),
    ) -> "McpServer":
        """A container started for the run."""
        owner = f'McpServer.docker("{name}")'
        server = {
            "image": checks.required(owner, "image", image),
            "args": checks.arguments(owner, "args", args),
            "env_placeholders": _placeholders(owner, env),
            "volumes": [item.to_dict() for item in checks.instances(owner, "volumes", volumes, Volume)],
            "ports": [item.to_dict() for item in checks.instances(owner, "ports", ports, Port)],
            "network": checks.text(owner, "network", network),
            "container_name": checks.text(owner, "container_name", container_name),
        }
        return McpServer(name, {"docker": server}, enabled_tools)

    def to_dict(self) -> dict[str, Any]:
        """The fields of an McpServerDefinition."""
        return {"name": self.name, **self._server, "enabled_tools": self.enabled_tools}


class McpServerRef(McpServer):
    """A server that is deployed apart from the agent (kind McpServer), by its slug.

    `enabled_tools` choose among those that the server enables; none named means all of them.
    """

    def __init__(self, name: str, *, enabled_tools: Iterable[str] = ()) -> None:
        slug = checks.valid_slug(f'McpServerRef("{name}")', "name", name)
        super().__init__(slug, {}, enabled_tools)


def _placeholders(owner: str, env: object) -> dict[str, str]:
    if isinstance(env, Mapping):
        return checks.text_map(owner, "env", env)
    given = checks.listed(owner, "env", env, "names or a dict of values")
    return {name: "${" + name + "}" for name in checks.texts(owner, "env", given)}
