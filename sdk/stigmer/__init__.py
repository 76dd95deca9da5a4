"""The Python SDK of Stigmer: declare agents and workflows in code, deploy them with `stigmer apply`.

Every `Agent` and `Workflow` a program makes is part of what it deploys. No server is needed to run such
a program; on its own it does nothing but check itself.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from stigmer.agent import Agent, SubAgent
from stigmer.blocks import Branch, ForEach, Fork, Try
from stigmer.environment import EnvVar, Variables
from stigmer.environments import Environment, Environments, Secret, secret
from stigmer.errors import DefinitionError
from stigmer.exit_hook import install as _install_exit_hook
from stigmer.expression import Expression, Result, Value, data, env_var, jq, literal
from stigmer.instances import AgentInstance, WorkflowInstance
from stigmer.mcp import McpServer, McpServerRef, Port, Volume
from stigmer.program import Program, isolated
from stigmer.retries import Retry
from stigmer.skill import Skill, SkillRef, skill
from stigmer.steps import Case, Signal, case, otherwise, query, signal, update
from stigmer.synthesis import synthesize
from stigmer.task import Task
from stigmer.version import __version__
from stigmer.workflow import Workflow

if _TYPE_CHECKING:
    from stigmer.client import AsyncClient, Client

__all__ = [
    "Agent",
    "AgentInstance",
    "AsyncClient",
    "Branch",
    "Case",
    "Client",
    "DefinitionError",
    "EnvVar",
    "Environment",
    "Environments",
    "Expression",
    "ForEach",
    "Fork",
    "McpServer",
    "McpServerRef",
    "Port",
    "Program",
    "Result",
    "Retry",
    "Secret",
    "Signal",
    "Skill",
    "SkillRef",
    "SubAgent",
    "Task",
    "Try",
    "Value",
    "Variables",
    "Volume",
    "Workflow",
    "WorkflowInstance",
    "__version__",
    "case",
    "data",
    "env_var",
    "isolated",
    "jq",
    "literal",
    "otherwise",
    "query",
    "secret",
    "signal",
    "skill",
    "synthesize",
    "update",
]

_install_exit_hook()


def __getattr__(name: str) -> object:
    """The clients are loaded when they are named: declaring needs neither gRPC nor the rest of Stigmer."""
    if name in ("AsyncClient", "Client"):
        from importlib import import_module

        return getattr(import_module("stigmer.client"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
