"""Environment variables that an agent or a workflow declares."""

from collections.abc import Iterable
from typing import Any

from stigmer import checks
from stigmer.errors import DefinitionError


class EnvVar:
    """One variable that a run gets.

    `default` is used when nothing else sets the variable. A secret is stored encrypted and never shown; it can
    have no default, because a program is no place for its value.
    """

    def __init__(self, name: str, *, default: str = "", secret: bool = False, description: str = "") -> None:
        owner = f'EnvVar("{name}")'
        self.name = variable_name(owner, "name", name)
        self.default = checks.text(owner, "default", default)
        self.secret = checks.flag(owner, "secret", secret)
        self.description = checks.text(owner, "description", description)
        if secret and default:
            raise DefinitionError(owner, "default", "must be empty for a secret: a program is no place for its value")

    def to_dict(self) -> dict[str, Any]:
        """The fields of an EnvironmentValue."""
        return {"value": self.default, "is_secret": self.secret, "description": self.description}


# What `env=` takes: variables, or only their names.
Variables = Iterable[EnvVar | str]


def env_spec(owner: str, variables: object, description: object) -> dict[str, Any] | None:
    """The fields of an EnvironmentSpec, None when there is nothing to say."""
    given = checks.listed(owner, "env", variables, "EnvVar or names")
    named = [EnvVar(item) if isinstance(item, str) else item for item in given]
    found = checks.instances(owner, "env", named, EnvVar)
    checks.unique(owner, "env", (item.name for item in found))
    about = checks.text(owner, "env_description", description)
    if not found and not about:
        return None
    return {"description": about, "data": {item.name: item.to_dict() for item in found}}


def variable_name(owner: str, argument: str, name: object) -> str:
    """A name of a variable."""
    found = checks.required(owner, argument, name)
    if not found.isidentifier() or not found.isascii():
        raise DefinitionError(owner, argument, f'"{found}" must be letters, digits and _, not starting with a digit')
    return found
