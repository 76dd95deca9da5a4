from typing import ClassVar

from apps.resources.base import OwnerScope, Resource
from apps.resources.kind import Kind
from apps.resources.kinds.environment.model import Environment


class EnvironmentKind(Kind):
    name = "Environment"
    plural = "environments"
    number = 53
    prefix = "env"
    package = "ai.stigmer.agentic.environment.v1"
    model: ClassVar[type[Resource]] = Environment
    default_scope = OwnerScope.ORGANIZATION
