"""ProjectController: projects, what they own, and taking all of it away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import grpc
from django.core import signing
from google.protobuf.timestamp_pb2 import Timestamp
from stigmer_proto.controlplane.v1 import projects_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.services import Request, check
from apps.resources.errors import InvalidInput
from apps.resources.storage import inventory
from apps.resources.storage.inventory import Owned
from apps.resources.storage.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from apps.resources.writes.inventory import Leaving, destroy, plan_destroy

SIGNER = signing.Signer(salt="page.projects")


class ProjectService(Service):
    full_name = "ai.stigmer.controlplane.v1.ProjectController"

    def list(self, request: Request, context: grpc.ServicerContext) -> projects_pb2.ListProjectsResponse:
        del context
        check(request)
        if not 0 <= request.page_size <= MAX_PAGE_SIZE:
            raise InvalidInput.at("page_size", f"must be 1 to {MAX_PAGE_SIZE}, got {request.page_size}")
        size = request.page_size or DEFAULT_PAGE_SIZE
        rows = inventory.visible_projects(self.caller).order_by("-pk")
        if request.org:
            rows = rows.filter(org=request.org)
        if request.page_token:
            rows = rows.filter(pk__lt=_after(request.page_token))
        found = list(inventory.with_counts(rows)[: size + 1])
        answer = projects_pb2.ListProjectsResponse()
        answer.projects.extend(_message(row, row.owned) for row in found[:size])
        if len(found) > size:
            answer.next_page_token = SIGNER.sign(str(found[size - 1].pk))
        return answer

    def get(self, request: Request, context: grpc.ServicerContext) -> projects_pb2.Project:
        del context
        check(request)
        row = inventory.get_project(request.org or self.caller.org, request.name, self.caller)
        owned = inventory.owned_by(row, self.caller)
        answer = _message(row, len(owned))
        answer.resources.extend(map(_owned_message, owned))
        return answer

    def planDestroy(self, request: Request, context: grpc.ServicerContext) -> projects_pb2.DestroyPlan:  # noqa: N802 - as on the wire
        del context
        check(request)
        leaving, plan = plan_destroy(request.org or self.caller.org, request.name, self.caller)
        return projects_pb2.DestroyPlan(resources=map(leaving_message, leaving), plan=plan)

    def destroy(self, request: Request, context: grpc.ServicerContext) -> projects_pb2.DestroyPlan:
        del context
        check(request)
        org = request.org or self.caller.org
        gone = destroy(org, request.name, self.caller, plan=request.plan, message=request.message)
        return projects_pb2.DestroyPlan(resources=map(leaving_message, gone))


def leaving_message(leaving: Leaving) -> projects_pb2.OwnedResource:
    answer = _owned_message(leaving.owned)
    for kind, count in leaving.belongings.items():
        answer.belongings.add(kind=kind.name, count=count)
    return answer


def _owned_message(owned: Owned) -> projects_pb2.OwnedResource:
    return projects_pb2.OwnedResource(kind=owned.kind.name, slug=owned.slug, org=owned.org, id=owned.pk)


def _message(row: Any, count: int) -> projects_pb2.Project:  # Any: a Project, with its count or without
    return projects_pb2.Project(
        name=row.name,
        org=row.org,
        created_by=row.created_by,
        created_at=_timestamp(row.created_at),
        updated_by=row.updated_by,
        updated_at=_timestamp(row.updated_at),
        resource_count=count,
        notifies=row.notifies,
        place=projects_pb2.ProjectPlace(root=row.root, python=row.python) if row.root else None,
    )


def _timestamp(at: datetime) -> Timestamp:
    answer = Timestamp()
    answer.FromDatetime(at)
    return answer


def _after(page_token: str) -> int:
    try:
        return int(SIGNER.unsign(page_token))
    except signing.BadSignature:
        raise InvalidInput.at("page_token", "was not issued by this server for this list") from None


SERVICES = (ProjectService,)
