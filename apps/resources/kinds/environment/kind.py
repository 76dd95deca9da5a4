from apps.resources.base import OwnerScope
from apps.resources.kind import Kind
from apps.resources.kinds.environment.model import Environment


class EnvironmentKind(Kind[Environment]):
    name = "Environment"
    plural = "environments"
    number = 53
    prefix = "env"
    package = "ai.stigmer.agentic.environment.v1"
    model = Environment
    default_scope = OwnerScope.ORGANIZATION
    declares_secrets = True
    is_kept_while_used = True
