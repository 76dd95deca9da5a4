"""Nothing is added by half: a kind without suite, README, admin or noun, an error without status, fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
import pytest
from django.contrib.admin import AdminSite
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import EnumValueDescriptor, FieldDescriptor
from stigmer_proto.commons.apiresource.apiresourcekind import api_resource_group_pb2, api_resource_kind_pb2

import apps.backends.kinds
from apps.resources.admin import register
from apps.resources.api import status
from apps.resources.api.adapter import Service, missing_methods
from apps.resources.errors import StigmerError
from apps.resources.kind import Kind
from apps.resources.registry import KINDS
from apps.resources.wire.codec import message_class
from tests.suites.creatable_suite import CreatableSuite
from tests.suites.readable_suite import ReadableSuite
from tests.suites.readme import Readme
from tests.suites.run_suite import RunSuite
from tests.suites.wired import wired_services

NOT_CREATABLE = {
    "Organization": "there is exactly one, made at first start",
    "Skill": "the contract has it pushed; the extension applies it, which its own suite tests",
    "IdentityAccount": "accounts arise by signing up",
    "ApiKey": "its create answers what nothing else does, and it has no apply",
    "IamPolicy": "it is made of its spec alone",
}
ABSTRACT_ERRORS = {"StorageError": "its subclasses say what is wrong with the storage"}
CREATABLE = (CreatableSuite, RunSuite)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@every_kind
def test_every_kind_passes_the_inherited_suite(kind: Kind) -> None:
    suites = [
        value
        for value in vars(import_module(f"tests.resources.kinds.test_{folder(kind).name}")).values()
        if isinstance(value, type) and issubclass(value, ReadableSuite) and getattr(value, "kind", "") == kind.name
    ]
    assert suites, f"tests/resources/kinds/test_{folder(kind).name}.py has no suite of {kind.name}"
    assert kind.name in NOT_CREATABLE or any(issubclass(suite, CREATABLE) for suite in suites)


@every_kind
def test_what_a_kind_refers_to_stands_before_it_so_that_one_apply_may_name_it_in_any_order(kind: Kind) -> None:
    """Kind by kind is then an order of all resources, and no references can form a circle."""
    needed = {field.kind for field in kind.id_fields} | {
        field.kind for field in kind.references if not field.may_be_missing
    }
    before = [each.name for each in KINDS[: KINDS.index(kind)]]
    assert needed <= {*before}
    client = [each.name for each in apps.backends.kinds.KINDS]
    declared = [name for name in needed if kind.name in client]
    assert all(client.index(name) < client.index(kind.name) for name in declared)


@every_kind
def test_every_card_is_what_the_contract_says(kind: Kind) -> None:
    value = api_resource_kind_pb2.ApiResourceKind.DESCRIPTOR.values_by_number[kind.number]
    meta = extension(value, api_resource_kind_pb2.kind_meta)
    group = api_resource_group_pb2.ApiResourceGroup.DESCRIPTOR.values_by_number[meta.group]
    domain = extension(group, api_resource_group_pb2.group_meta).domain
    version = api_resource_kind_pb2.ApiResourceVersion.Name(meta.version)
    assert (kind.name, kind.prefix) == (meta.name, meta.id_prefix)
    assert kind.api_version == f"{domain}/{version}"
    called = " ".join(word if word.isupper() else word.lower() for word in meta.display_name.split())
    plural = f"{called.removesuffix('y')}ies" if called.endswith("cy") else f"{called}s"
    assert (kind.plural, kind.model._meta.verbose_name) == (plural, called)


@every_kind
def test_every_envelope_has_the_five_parts(kind: Kind) -> None:
    fields = message_class(kind).DESCRIPTOR.fields_by_name
    assert sorted(fields) == ["api_version", "kind", "metadata", "spec", "status"]


@every_kind
def test_every_readme_explains_each_field_of_the_spec(kind: Kind) -> None:
    spec: Any = message_class(kind).DESCRIPTOR.fields_by_name["spec"].message_type  # Any: never None for a message
    readme = Readme.of(kind)
    assert readme.title == kind.name
    assert readme.fields == [field.name for field in spec.fields]
    assert all(len(text) > 20 for text in readme.explanations), "a heading without an explanation"
    assert len(readme.introduction) > 40
    assert readme.manifest["kind"] == kind.name


def test_every_kind_is_in_the_admin() -> None:
    site = AdminSite()
    register(site)
    assert {kind.name for kind in KINDS if not site.is_registered(kind.model)} == set()


def test_every_kind_has_a_noun_on_the_command_line() -> None:
    assert {kind.name for kind in KINDS} <= set(apps.backends.kinds.BY_NAME)


def test_parents_stand_before_what_belongs_to_them() -> None:
    names = [kind.name for kind in KINDS]
    for kind in KINDS:
        if kind.parent:
            assert names.index(kind.parent.kind) < names.index(kind.name)


def test_every_rpc_of_every_service_is_answered(services: list[type[Service]]) -> None:
    assert {service.full_name: missing_methods(service) for service in services if missing_methods(service)} == {}


@every_kind
def test_every_service_of_a_kind_is_served(kind: Kind, services: list[type[Service]]) -> None:
    files = ("command", "query")
    path = kind.package.replace(".", "/")
    declared = {
        service.full_name
        for file in files
        for service in descriptor_pool.Default().FindFileByName(f"{path}/{file}.proto").services_by_name.values()
    }
    assert declared <= {service.full_name for service in services}


@pytest.fixture(scope="module")
def services() -> list[type[Service]]:
    """Every service class that the site wires up."""
    return wired_services()


def test_every_error_has_a_status_and_a_reason_of_its_own() -> None:
    found = [error for error in errors() if error.__name__ not in ABSTRACT_ERRORS]
    assert {error.__name__ for error in found if error not in status.CODES} == set()
    reasons = [error.reason for error in found]
    assert len(set(reasons)) == len(reasons)
    assert [reason for reason in reasons if not re.fullmatch(r"stigmer\.[a-z_]+\.[a-z_]+", reason)] == []
    assert not {grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL} & set(status.CODES.values())


def errors(base: type[StigmerError] = StigmerError) -> Iterator[type[StigmerError]]:
    for error in base.__subclasses__():
        if error.__module__.startswith(("apps.", "stigmer_site.")):
            yield error
            yield from errors(error)


def extension(value: EnumValueDescriptor, name: FieldDescriptor) -> Any:  # Any: the option's message
    return value.GetOptions().Extensions[name]  # type: ignore[index]  # the generated stubs do not know its holder


def folder(kind: Kind) -> Path:
    return Path(str(import_module(type(kind).__module__).__file__)).parent
