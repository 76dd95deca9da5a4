from apps.resources.base import OwnerScope
from apps.resources.kind import Kind, Parent
from apps.resources.kinds.session.model import Session


class SessionKind(Kind[Session]):
    name = "Session"
    plural = "sessions"
    number = 42
    prefix = "ses"
    package = "ai.stigmer.agentic.session.v1"
    model = Session
    is_named_by_id = True
    is_left_by_runs = True
    default_scope = OwnerScope.ORGANIZATION
    parent = Parent(kind="AgentInstance", spec_field="agent_instance_id", column="agent_instance_id")
