"""The admin of every kind. Reads are its own; every write goes through `actions`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.contrib.admin import AdminSite

from apps.resources.admin.project import ProjectAdmin
from apps.resources.admin.resource import ResourceAdmin
from apps.resources.admin.revision import RevisionAdmin
from apps.resources.base import Revision
from apps.resources.kind import Kind
from apps.resources.project import Project
from apps.resources.registry import KINDS

__all__ = ["ResourceAdmin", "register"]


def register(site: AdminSite) -> None:
    """Every kind of the registry, projects, and the revisions of everything."""
    for kind in KINDS:
        site.register(kind.model, admin_class(kind))
    site.register(Project, ProjectAdmin)
    site.register(Revision, RevisionAdmin)


def admin_class(kind: Kind) -> type[ResourceAdmin]:
    """`<Kind>Admin` of the kind's own `admin.py`; where there is none, the generic one serves."""
    module = f"{type(kind).__module__.rpartition('.')[0]}.admin"
    if find_spec(module) is None:
        return ResourceAdmin
    found: type[ResourceAdmin] = getattr(import_module(module), f"{kind.name}Admin")
    return found
