from typing import ClassVar

from apps.resources.base import Resource
from apps.resources.kind import Kind
from apps.resources.kinds.organization.model import Organization


class OrganizationKind(Kind):
    name = "Organization"
    plural = "organizations"
    number = 30
    prefix = "org"
    package = "ai.stigmer.tenancy.organization.v1"
    model: ClassVar[type[Resource]] = Organization
