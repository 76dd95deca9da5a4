"""Errors on the wire: which status each becomes, and that none of ours shows its inside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from django.db import DatabaseError, OperationalError
from google.rpc import error_details_pb2

from apps.resources import errors, storage_errors
from apps.resources.api.adapter import _translating
from apps.resources.api.status import CODES
from apps.resources.errors import InvalidInput, StigmerError, Violation
from apps.resources.storage.failures import storage_error


class Aborted(Exception):
    """What a servicer's context raises to end a call."""


class RecordingContext:
    """As much of a servicer's context as ending a call takes."""

    def __init__(self, *, is_active: bool = True) -> None:
        self._is_active = is_active
        self.ended: Any = None  # Any: a grpc.Status, or the arguments of abort

    def is_active(self) -> bool:
        return self._is_active

    def code(self) -> None:
        return None

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return ()

    def abort_with_status(self, status: grpc.Status) -> None:
        self.ended = status
        raise Aborted

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        self.ended = (code, details)
        raise Aborted


def ended(error: Exception, *, is_active: bool = True) -> Any:  # Any: as above
    """How the call ends in which a handler raises `error`."""

    def serve(request: object, context: object) -> Any:
        raise error

    context = RecordingContext(is_active=is_active)
    with pytest.raises(Aborted):
        _translating("a.Service.method", serve)(None, context)  # type: ignore[arg-type]  # it stands for a real one
    return context.ended


def test_a_refusal_is_no_fault_in_the_log_when_its_caller_is_gone() -> None:
    assert ended(InvalidInput.at("kind", "is unknown"), is_active=False).code is grpc.StatusCode.INVALID_ARGUMENT


@contextmanager
def failing(database: Path, pragma: str = "") -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as connection:
        connection.execute(pragma)
        yield connection


def as_django(error: sqlite3.Error) -> DatabaseError:
    wrapped = OperationalError(*error.args)
    wrapped.__cause__ = error
    return wrapped


def fill(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
    for _ in range(100):
        connection.execute("INSERT INTO t VALUES (zeroblob(4096))")


def test_a_full_database_is_resource_exhausted(tmp_path: Path) -> None:
    with failing(tmp_path / "db", "PRAGMA max_page_count = 20") as connection, pytest.raises(sqlite3.Error) as caught:
        fill(connection)
    assert ended(as_django(caught.value)).code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_database_that_may_only_be_read_is_a_failed_precondition(tmp_path: Path) -> None:
    with failing(tmp_path / "db", "PRAGMA query_only = 1") as connection, pytest.raises(sqlite3.Error) as caught:
        fill(connection)
    assert ended(as_django(caught.value)).code is grpc.StatusCode.FAILED_PRECONDITION


def test_a_database_held_by_another_is_unavailable(tmp_path: Path) -> None:
    with failing(tmp_path / "db", "PRAGMA journal_mode = WAL") as connection, failing(tmp_path / "db") as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.Error) as caught:
            fill(connection)
    assert ended(as_django(caught.value)).code is grpc.StatusCode.UNAVAILABLE


def test_a_file_that_is_no_database_is_data_loss(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("no database " * 1000)
    with failing(tmp_path / "db") as connection, pytest.raises(sqlite3.Error) as caught:
        fill(connection)
    assert ended(as_django(caught.value)).code is grpc.StatusCode.DATA_LOSS


def test_other_database_errors_are_ours(tmp_path: Path) -> None:
    with failing(tmp_path / "db") as connection, pytest.raises(sqlite3.Error) as caught:
        connection.execute("SELECT * FROM nowhere")
    assert storage_error(as_django(caught.value)) is None
    assert storage_error(DatabaseError("without a cause")) is None


def test_errors_that_are_each_others_cause_are_looked_at_once() -> None:
    one, other = DatabaseError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert storage_error(one) is None


@pytest.mark.parametrize("error", [ValueError("the secret is hunter2"), DatabaseError("SELECT hunter2")])
def test_what_we_did_not_foresee_is_internal_and_silent(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    code, text = ended(error)
    assert code is grpc.StatusCode.INTERNAL
    assert "hunter2" not in text
    assert "Traceback" not in text
    assert "Traceback" in caplog.text
    assert "a.Service.method failed" in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        errors.NotFound("Agent", "x"),
        errors.AlreadyExists("Agent", "x", "agt-1"),
        errors.StaleVersion("Agent", "x", "ver-1", "ver-2"),
        errors.Protected("no", hint="yes"),
        errors.LiveExecutions("Agent", "x", [f"aex-{number}" for number in range(9)]),
        storage_errors.StorageFull(),
        errors.DatabaseTooNew("/db", ["resources.0002"]),
        errors.AddressInUse("localhost:1", "nginx (pid 7)"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_carries_its_code_sentence_reason_and_hint(error: StigmerError) -> None:
    status = ended(error)
    assert (status.code, status.details) == (CODES[type(error)], error.message)
    assert "\n" not in error.message
    rich = status_of(status)
    info = error_details_pb2.ErrorInfo()
    assert rich.details[0].Unpack(info)
    assert (info.reason, info.domain, info.metadata.get("hint", "")) == (error.reason, "stigmer.ai", error.hint)


def test_every_violation_is_a_detail() -> None:
    violations = [Violation(f"spec.field[{number}]", "is wrong") for number in range(5)]
    status = status_of(ended(InvalidInput(violations)))
    request = error_details_pb2.BadRequest()
    assert status.details[1].Unpack(request)
    assert [each.field for each in request.field_violations] == [violation.path for violation in violations]
    assert status.message.endswith("and 2 more")


def status_of(status: Any) -> Any:  # Any: google.rpc has no types
    from google.rpc import status_pb2

    (metadata,) = status.trailing_metadata
    return status_pb2.Status.FromString(metadata[1])
