"""Projects over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import wrappers_pb2
from stigmer_proto.controlplane.v1 import batch_pb2, projects_pb2

from apps.backends import kinds
from apps.backends.base import Unsupported
from apps.backends.grpc_answers import applied
from apps.backends.grpc_backend import APPLY_SECONDS, check_size
from apps.backends.projects import Owned, Ownership, Project, ProjectApplied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.base import Envelope
    from apps.backends.grpc_backend import GrpcBackend

Message = Any  # generated classes


class GrpcProjects:
    """The Projects of a server with our extension API."""

    def __init__(self, backend: GrpcBackend) -> None:
        self._backend, self._call = backend, backend.call

    def apply(
        self, resources: Sequence[Envelope], ownership: Ownership, *, dry_run: bool, message: str
    ) -> ProjectApplied:
        request = batch_pb2.BatchApplyRequest(
            dry_run=dry_run,
            message=message,
            project=ownership.project,
            project_org=ownership.org if ownership.project else "",
            whole=ownership.whole,
            prune=ownership.prune,
            take_over=ownership.take_over,
            prune_plan=ownership.plan,
        )
        if ownership.root:
            request.place.root, request.place.python = ownership.root, ownership.python
        if ownership.notifies is not None:
            request.notifies.CopyFrom(wrappers_pb2.BoolValue(value=ownership.notifies))
        for resource in resources:
            request.resources.add(type_url=kinds.BY_NAME[resource.kind].type_url, value=resource.data)
        check_size(request.ByteSize(), resources)
        try:
            answer = self._call("BatchController/apply", request, batch_pb2.BatchApplyResponse, seconds=APPLY_SECONDS)
        except Unsupported:
            if ownership.prune:
                raise
            return ProjectApplied(tuple(self._backend.apply(resources, dry_run=dry_run, message=message)))
        return ProjectApplied(
            tuple(map(applied, answer.results)),
            tuple(map(owned, answer.no_longer_declared)),
            tuple(map(owned, answer.deleted)),
            answer.plan,
            answer.moved_from,
        )

    def page(self, *, org: str = "", page_size: int = 100, page_token: str = "") -> tuple[list[Project], str]:
        request = projects_pb2.ListProjectsRequest(org=org, page_size=page_size, page_token=page_token)
        answer = self._call("ProjectController/list", request, projects_pb2.ListProjectsResponse)
        return [project(each) for each in answer.projects], answer.next_page_token

    def get(self, name: str, *, org: str = "") -> Project:
        request = projects_pb2.GetProjectRequest(name=name, org=org)
        return project(self._call("ProjectController/get", request, projects_pb2.Project))

    def plan_destroy(self, name: str, *, org: str = "") -> tuple[tuple[Owned, ...], str]:
        request = projects_pb2.PlanDestroyRequest(name=name, org=org)
        answer = self._call("ProjectController/planDestroy", request, projects_pb2.DestroyPlan)
        return tuple(map(owned, answer.resources)), answer.plan

    def destroy(self, name: str, *, org: str = "", plan: str = "", message: str = "") -> tuple[Owned, ...]:
        request = projects_pb2.DestroyProjectRequest(name=name, org=org, plan=plan, message=message)
        answer = self._call("ProjectController/destroy", request, projects_pb2.DestroyPlan, seconds=APPLY_SECONDS)
        return tuple(map(owned, answer.resources))


def owned(message: Message) -> Owned:
    belongings = {each.kind: each.count for each in message.belongings}
    return Owned(message.kind, message.slug, message.org, message.id, belongings)


def project(message: Message) -> Project:
    return Project(
        name=message.name,
        org=message.org,
        created=seconds(message.created_at),
        created_by=message.created_by,
        updated=seconds(message.updated_at),
        updated_by=message.updated_by,
        resource_count=message.resource_count,
        root=message.place.root,
        resources=tuple(map(owned, message.resources)),
    )


def seconds(moment: Message) -> float:
    return float(moment.seconds + moment.nanos / 1e9)
