"""`stigmer serve`: several replicas of the API on one database, and nobody let in without a key."""

from __future__ import annotations

import base64
import contextlib
import signal
import sys
import threading
from pathlib import Path

import grpc
import pytest
from django.conf import settings
from google.protobuf import empty_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from stigmer_proto.controlplane.v1 import executions_pb2, resources_pb2

from apps.resources.json_value import Json
from stigmer_site.cloud import variables
from stigmer_site.given import SettingsWrong
from stigmer_site.management.commands.serve import checked_address
from tests.cloud.units import Operator, ServedUnit, new_organization
from tests.factories import AGENT_SPEC, make_agent, task, workflow_spec
from tests.suites.client import EXTENSION, Api, Envelope, Refused, opened, unique
from tests.support.daemon import wait_until
from tests.support.databases import PostgreSQL
from tests.support.http import StandIn
from tests.support.ports import free_port

NOBODY = empty_pb2.Empty()
IN_PROGRESS = 2


NEXT = f"k2:{base64.b64encode(bytes(32)).decode()}"
GOOD = {
    "DATABASE_URL": "postgres://one:sesame@db.example/stigmer",
    "BROKER_URL": "amqp://nobody:sesame@127.0.0.1:1//",
    "STIGMER_SECRET": "thirty-two characters, or even more",
    "STIGMER_KEYS": "k1:sesame",
    "STIGMER_BLOBS_DIR": "/tmp",
}


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        *((name, None, f"{name}: it is not set") for name in GOOD),
        ("DATABASE_URL", "sqlite:////tmp/sesame.db", "DATABASE_URL: it names no PostgreSQL"),
        ("DATABASE_URL", "postgres://one:sesame@db.example", "DATABASE_URL: it names no database"),
        ("STIGMER_DATABASE_URL", "postgres://two:sesame@b/c", "STIGMER_DATABASE_URL: DATABASE_URL is set, too"),
        ("DATABASE_URL_FILE", "/sesame", "DATABASE_URL: DATABASE_URL_FILE is set, too"),
        ("DATABASE_LISTEN_URL", "sesame", "DATABASE_LISTEN_URL: it names no PostgreSQL"),
        ("BROKER_URL", "redis://:sesame@b/0", "BROKER_URL: it is no address of RabbitMQ"),
        ("STIGMER_SECRET", "sesame", "STIGMER_SECRET: it is shorter than 32"),
        ("STIGMER_BLOBS_DIR", "blobs", "STIGMER_BLOBS_DIR: blobs is no absolute path"),
        ("STIGMER_BLOBS_DIR", "/nowhere", "STIGMER_BLOBS_DIR: /nowhere is no directory"),
        ("TEMPORAL_ADDRESS", "temporal", "TEMPORAL_ADDRESS: 'temporal' is not HOST:PORT"),
        ("STIGMER_TLS", "yes", "STIGMER_TLS: 'yes' is none of proxy"),
        ("STIGMER_PROXIES", "10.0.0.0/8,me", "STIGMER_PROXIES: '10.0.0.0/8,me' is no list of networks"),
        ("STIGMER_REACHABLE", "10.0.0.0/8,*.shop", "STIGMER_REACHABLE: '*.shop' is no host, address or network"),
        ("STIGMER_LOG_LEVEL", "loud", "STIGMER_LOG_LEVEL: 'loud' is none of DEBUG"),
        ("STIGMER_UNARY_WORKERS", "0", "STIGMER_UNARY_WORKERS: 0 is less than 1"),
        ("STIGMER_RUN_TOKENS", "many", "STIGMER_RUN_TOKENS: 'many' is no whole number"),
        ("STIGMER_DRAIN_SECONDS", "60", "STIGMER_DRAIN_SECONDS: 60 is not 20 or less"),
    ],
)
def test_each_variable_is_checked_and_no_secret_is_repeated(name: str, value: str | None, complaint: str) -> None:
    variables.check(GOOD)
    environ = {key: said for key, said in {**GOOD, name: value}.items() if said is not None}
    with pytest.raises(SettingsWrong) as told:
        variables.check(environ)
    (wrong,) = told.value.complaints
    assert wrong.message.startswith(complaint)
    assert wrong.hint
    assert "sesame" not in f"{wrong.message}{wrong.hint}".replace("/sesame", "")


def test_a_unit_without_its_libraries_says_which_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(SettingsWrong, match="not installed here: prometheus_client"):
        variables.check(GOOD)


def test_a_file_may_say_it_all_and_variables_win(tmp_path: Path) -> None:
    file = tmp_path / "server.env"
    file.write_text('# of the server\n\nBROKER_URL="amqp://one"\nexport STIGMER_SECRET=a=b\nSTIGMER_TLS=proxy\n')
    environ = {"STIGMER_SETTINGS_FILE": str(file), "STIGMER_TLS": ""}
    variables.read_file(environ)
    del environ["STIGMER_SETTINGS_FILE"]
    assert environ == {"BROKER_URL": "amqp://one", "STIGMER_SECRET": "a=b", "STIGMER_TLS": ""}
    for said, complaint in (("\nsesame", f"line 2 of {file} is none"), (None, f"{file} cannot be read")):
        file.unlink() if said is None else file.write_text(said)
        with pytest.raises(SettingsWrong, match=f"STIGMER_SETTINGS_FILE: {complaint}") as told:
            variables.read_file({"STIGMER_SETTINGS_FILE": str(file)})
        assert "sesame" not in str(told.value)


def test_a_unit_that_is_told_wrongly_says_all_of_it_and_the_way_out(operator: Operator) -> None:
    done = operator.run("api", DATABASE_URL="sqlite:////tmp/one.db", BROKER_URL=None, STIGMER_KEYS=None)
    assert done.returncode == 2
    assert done.stderr.count("error: ") == done.stderr.count("hint: ") == 3
    refused = operator.run("api", STIGMER_KEYS="k1:sesame")
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: STIGMER_KEYS: its key number 1")
    assert "sesame" not in done.stderr + refused.stderr


@pytest.mark.parametrize("listen", ["localhost", "127.0.0.1:0", "0.0.0.0:50051", "10.0.0.1:50051", "[::]:50051"])
def test_what_others_reach_is_not_served_in_plain_text(listen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsWrong, match="--listen: ") as told:
        checked_address(listen)
    assert told.value.complaints[0].hint
    monkeypatch.setattr(settings, "BEHIND_PROXY", True)
    if not listen.startswith(("localhost", "127.")):
        with pytest.raises(SettingsWrong, match="is not encrypted"):
            checked_address(listen)
    monkeypatch.setattr(settings, "PROXIES", "10.0.0.0/8")
    if listen.endswith(":50051"):
        assert checked_address(listen) == listen


def test_nobody_begins_before_the_database_is_migrated(operator: Operator) -> None:
    database = PostgreSQL()
    url = database.environment()["STIGMER_DATABASE_URL"]
    with database.server.connect(url.rpartition("/")[2]) as connection:
        connection.execute("DROP TABLE django_session; DELETE FROM django_migrations WHERE app = 'sessions'")
    early = operator.run("api", "--health-listen", f"127.0.0.1:{free_port()}", DATABASE_URL=url)
    assert early.returncode == 1
    assert "stigmer serve migrate" in early.stderr
    assert operator.run("migrate", DATABASE_URL=url).stderr.startswith("Applied: sessions.0001_initial")
    with database.server.connect(url.rpartition("/")[2]) as connection:  # the job of the next version was here
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('resources', '9999_next', now())"
        )
    assert operator.run("migrate", DATABASE_URL=url).stderr.startswith("Nothing to do")
    rotated = operator.run("rotate-keys", DATABASE_URL=url, STIGMER_KEYS=f"{operator.variables['STIGMER_KEYS']},{NEXT}")
    assert rotated.stdout.startswith("The newest key is k2: 0 values encrypted anew."), rotated.stderr
    assert "take them out: k1" in rotated.stdout
    database.close()


def test_calls_bring_a_key_and_whoever_is_on_this_machine_is_nobody(
    replicas: tuple[ServedUnit, ServedUnit], key: str, org: str
) -> None:
    for replica in replicas:
        with Api(replica.endpoint) as nobody, pytest.raises(Refused) as refused:
            nobody.info()
        assert refused.value.code is grpc.StatusCode.UNAUTHENTICATED
        with Api(replica.endpoint, key=key) as api:
            assert api.of("IdentityAccount").query("whoAmI", NOBODY).spec.email == "jane@example.com"
            organizations = api.of("Organization").query("findMyOrganizations", NOBODY).entries
            assert {each.metadata.slug for each in organizations} == {org}
            assert not api.info().data_dir
            with pytest.raises(Refused) as reserved:
                new_organization(api, "local")
            assert reserved.value.reason == "stigmer.resource.protected"


def test_what_one_replica_writes_is_told_by_the_other_and_outlives_it(
    operator: Operator, replicas: tuple[ServedUnit, ServedUnit], key: str, org: str
) -> None:
    """A third one is killed in the middle of writing: what it has acknowledged is there, and was told."""
    doomed = operator.start("api").wait_until_ready()
    acknowledged: list[str] = []

    def write() -> None:
        with Api(doomed.endpoint, key=key) as api, contextlib.suppress(Refused):
            while True:
                acknowledged.append(make_agent(api, unique("killed"), org=org).metadata.id)
                if len(acknowledged) == 20:
                    doomed.process.send_signal(signal.SIGKILL)

    with Api(replicas[1].endpoint, key=key) as api:
        request = resources_pb2.WatchResourcesRequest(kind="Agent", org=org)
        changes = api.stream(f"{EXTENSION}.ResourceController.watch", request)
        assert next(changes).position
        writer = threading.Thread(target=write)
        writer.start()
        told: set[str] = set()
        while len(told) < 20:
            told |= {opened(each.resource).metadata.id for each in next(changes).changes}
        writer.join()
        changes.cancel()
        assert doomed.process.wait(60) == -signal.SIGKILL
        stored = {opened(each).metadata.id for each in api.page("Agent", org=org, page_size=100).entries}
        assert set(acknowledged) <= stored
        assert told <= stored


def test_each_replica_says_how_it_is_and_counts_what_it_does(replicas: tuple[ServedUnit, ServedUnit], key: str) -> None:
    with Api(replicas[0].endpoint, key=key) as api:
        api.of("IdentityAccount").query("whoAmI", NOBODY)
        with pytest.raises(Refused):
            Api(replicas[0].endpoint, key="stk_sesame").info()
    assert replicas[0].ask("livez") == (200, "ok\n")
    assert replicas[0].ask("readyz") == (200, "database: ok\nbroker: ok\ntemporal: ok\n")
    assert replicas[0].ask("admin")[0] == 404
    metrics = replicas[0].ask("metrics")[1]
    assert 'stigmer_calls_total{code="OK",method="IdentityAccountQueryController/whoAmI"}' in metrics
    assert 'stigmer_calls_total{code="UNAUTHENTICATED",method="ServerController/getInfo"} ' in metrics
    assert "jane" not in metrics
    (started,) = [line for line in replicas[0].log if line["message"].startswith("ready at")]
    assert (started["level"], started["unit"], started["pid"]) == ("INFO", "api", replicas[0].process.pid)
    assert not any(secret in replicas[0].file.read_text() for secret in ("sesame", key, "thirty-two"))


def test_a_replica_that_ends_is_first_not_ready_then_ends_its_streams(operator: Operator, key: str, org: str) -> None:
    unit = operator.start("api", STIGMER_DRAIN_SECONDS="20").wait_until_ready()
    with Api(unit.endpoint, key=key) as api:
        request = resources_pb2.WatchResourcesRequest(kind="Agent", org=org)
        changes = api.stream(f"{EXTENSION}.ResourceController.watch", request)
        assert next(changes).position
        run = agent_run(api, org)
        follow = executions_pb2.FollowRequest(execution_id=run.metadata.id)
        events = api.stream(f"{EXTENSION}.ExecutionController.follow", follow)
        last = next(events).events[-1].id
        unit.process.send_signal(signal.SIGTERM)
        wait_until(lambda: unit.ask("readyz") == (503, "ending\n"), "it is not ready any more")
        health = health_pb2_grpc.HealthStub(api.channel).Check(health_pb2.HealthCheckRequest())
        assert health.status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert make_agent(api, unique("late"), org=org).metadata.org == org
        assert next(changes).changes
        unit.process.send_signal(signal.SIGTERM)  # no need to wait for those who have not noticed
        with pytest.raises(grpc.RpcError) as ended:
            list(changes)
        assert Refused.from_error(ended.value).reason == "stigmer.server.stopping"
        with pytest.raises(grpc.RpcError) as unfollowed:
            list(events)
        told = {each.key: str(each.value) for each in unfollowed.value.trailing_metadata() or ()}
        assert told["stigmer-last-event"] == str(last)
    assert unit.process.wait(60) == 0
    assert unit.log[-1]["message"] == "ended"


def test_runs_are_done_by_the_other_units_and_nothing_of_theirs_acts_on_the_machine(
    operator: Operator, replicas: tuple[ServedUnit, ServedUnit], key: str, org: str
) -> None:
    units = [operator.start(name, STIGMER_REACHABLE="127.0.0.0/8") for name in ("runner", "worker", "scheduler")]
    with Api(replicas[0].endpoint, key=key) as api, StandIn() as shop:
        shop.on("GET /goods", ["tea"])
        stdio = {"name": "shell", "stdio": {"command": "cat", "args": ["/etc/passwd"]}}
        ways = {
            "Hello.": agent_run(api, org),
            "starts no programs of its users": agent_run(api, org, {"mcp_servers": [stdio]}),
            "reads no files for its users": agent_run(api, org, {}, model_name="scripted:/etc/passwd"),
            "leads to a link-local address": agent_run(api, org, {"mcp_servers": [tools_at("169.254.169.254")]}),
            "leads to this server": agent_run(api, org, {"mcp_servers": [tools_at("[::1]:1")]}),
            "tea": asking_run(api, org, f"{shop.url}/goods"),
            "leads to a service that this server stands on": asking_run(
                api, org, f"http://{operator.variables['TEMPORAL_ADDRESS']}/"
            ),
        }
        for unit in units:
            unit.wait_until_ready()
        for said, run in ways.items():
            wait_until(lambda run=run: phase_of(api, run) > IN_PROGRESS, "the run ends")  # type: ignore[misc]
            assert said in str(api.of(run.kind).get(run.metadata.id).status)
        wait_until(
            lambda: 'stigmer_runs{kind="AgentExecution",phase="EXECUTION_PENDING"} 0.0' in units[2].ask("metrics")[1],
            "none waits",
        )
    for unit in units:
        unit.process.send_signal(signal.SIGTERM)
    assert [unit.process.wait(60) for unit in units] == [0, 0, 0]
    assert all(unit.log[-1]["message"] == "ended" for unit in units)


def agent_run(api: Api, org: str, spec: Json = None, **config: Json) -> Envelope:
    agents = api.of("Agent")
    agent = agents.create(agents.envelope({**AGENT_SPEC, **(spec or {})}, name=unique("agent"), org=org))
    given = {"agent_id": agent.metadata.id, "message": "Say hello."}
    return run_of(api, "AgentExecution", org, **given, **({"execution_config": config} if config else {}))


def tools_at(place: str) -> Json:
    return {"name": "far", "http": {"url": f"http://{place}/mcp"}}


def asking_run(api: Api, org: str, uri: str) -> Envelope:
    workflows = api.of("Workflow")
    asking = workflow_spec(task("HTTP_CALL", {"method": "GET", "endpoint": {"uri": uri}}))
    made = workflows.create(workflows.envelope(asking, name=unique("workflow"), org=org))
    return run_of(api, "WorkflowExecution", org, workflow_id=made.metadata.id)


def run_of(api: Api, kind: str, org: str, **spec: Json) -> Envelope:
    runs = api.of(kind)
    return runs.create(runs.envelope(spec, org=org, owner_scope="api_resource_owner_scope_unspecified"))


def phase_of(api: Api, run: Envelope) -> int:
    return int(api.of(run.kind).get(run.metadata.id).status.phase)
