"""Environments to deploy: the values that instances of agents and workflows run with."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, overload

from stigmer import checks
from stigmer.environment import variable_name
from stigmer.errors import DefinitionError
from stigmer.expression import Expression, secret_of_run
from stigmer.metadata import Metadata
from stigmer.registry import current
from stigmer.resource import Resource

if TYPE_CHECKING:
    from stigmer_proto.agentic.environment.v1.api_pb2 import Environment as EnvironmentMessage


class Secret:
    """A secret of an environment, made by `secret()`: that there is one, and what for. Its value is set by
    `stigmer env set`, and stays whenever the program is deployed."""

    def __init__(self, *, description: str = "") -> None:
        self.description = checks.text("secret()", "description", description)

    def to_dict(self) -> dict[str, Any]:
        """The fields of an EnvironmentValue."""
        return {"is_secret": True, "description": self.description}


@overload
def secret(name: str) -> Expression: ...
@overload
def secret(*, description: str = "") -> Secret: ...


def secret(name: str | None = None, *, description: str = "") -> Expression | Secret:
    """With a name, a secret of the run in a workflow, `${.secrets.NAME}`; without, a value of an `Environment`.

    Either way the value itself is never in the program.
    """
    if name is None:
        return Secret(description=description)
    if description:
        raise DefinitionError("secret", "description", "is for secrets of an Environment, which have no name here")
    return secret_of_run(name)


class Environment(Resource):
    """Values to deploy, by name: texts, or `secret()` for what nobody may read. Instances run with them."""

    kind: ClassVar[str] = "Environment"
    noun: ClassVar[str] = "environment"

    def __init__(
        self,
        name: str,
        values: Mapping[str, str | Secret],
        *,
        slug: str | None = None,
        description: str = "",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
    ) -> None:
        owner = f'Environment("{name}")'
        names: dict[str, Any] = {"name": name, "slug": slug, "scope": "organization"}
        super().__init__(Metadata(owner, **names, labels=labels, annotations=annotations, tags=tags))
        given = checks.mapping(owner, "values", values)
        self._spec: dict[str, Any] = {
            "description": checks.text(owner, "description", description),
            "data": {variable_name(owner, "a key of values", key): _value(owner, key, given[key]) for key in given},
        }
        current().add(self)

    def to_dict(self, stamp: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The fields of the message, by their names in the contract."""
        return self.envelope(self._spec, stamp)

    def to_message(self, stamp: Mapping[str, str] | None = None) -> "EnvironmentMessage":
        """The message that is deployed. Imports protobuf."""
        from stigmer_proto.agentic.environment.v1.api_pb2 import Environment as EnvironmentMessage

        return EnvironmentMessage(**self.to_dict(stamp))


# What `environments=` takes: those of the program, and slugs of those that are deployed by somebody else.
Environments = Iterable[Environment | str]


def environment_slugs(owner: str, environments: object) -> list[str]:
    """The slugs of a list of environments."""
    given = checks.listed(owner, "environments", environments, "Environment or slugs")
    named = [
        each.slug if isinstance(each, Environment) else checks.valid_slug(owner, f"environments[{index}]", each)
        for index, each in enumerate(given)
    ]
    checks.unique(owner, "environments", named)
    return named


def _value(owner: str, key: str, value: object) -> dict[str, Any]:
    if isinstance(value, Secret):
        return value.to_dict()
    if isinstance(value, Expression):
        problem = "must be secret() without a name: its value is set by `stigmer env set`"
        raise DefinitionError(owner, f"values[{key!r}]", problem)
    return {"value": checks.required(owner, f"values[{key!r}]", value)}
