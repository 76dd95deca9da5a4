"""The Python SDK of Stigmer: declare agents and workflows in code, deploy them with `stigmer apply`.

Every `Agent` and `Workflow` a program makes is part of what it deploys. No server is needed to run such
a program; on its own it does nothing but check itself.
"""

from stigmer.agent import Agent, SubAgent
from stigmer.blocks import Branch, ForEach, Fork, Try
from stigmer.environment import EnvVar, Variables
from stigmer.errors import DefinitionError
from stigmer.exit_hook import install as _install_exit_hook
from stigmer.expression import Expression, Result, Value, data, env_var, jq, literal, secret
from stigmer.mcp import McpServer, Port, Volume
from stigmer.program import Program, isolated
from stigmer.skill import SkillRef, skill
from stigmer.steps import Case, Signal, case, otherwise, query, signal, update
from stigmer.synthesis import synthesize
from stigmer.task import Task
from stigmer.version import __version__
from stigmer.workflow import Workflow

__all__ = [
    "Agent",
    "Branch",
    "Case",
    "DefinitionError",
    "EnvVar",
    "Expression",
    "ForEach",
    "Fork",
    "McpServer",
    "Port",
    "Program",
    "Result",
    "Signal",
    "SkillRef",
    "SubAgent",
    "Task",
    "Try",
    "Value",
    "Variables",
    "Volume",
    "Workflow",
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
