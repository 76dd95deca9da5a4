from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.backends.local.supervisor.states import State
from apps.processes import process
from tests.backends.kit.bench import Bench
from tests.backends.kit.units import CRASHING, READY, serving, unit
from tests.support.daemon import wait_until
from tests.support.ports import free_port

MakeBench = Callable[..., Bench]


@pytest.fixture
def address() -> str:
    return f"127.0.0.1:{free_port()}"


# Starting


def test_a_unit_that_says_so_and_serves_is_ready(bench: MakeBench, address: str) -> None:
    supervisor = bench(unit(serving(address), address=address))
    api = supervisor.reaches("api", State.READY)
    assert api.starts == 1
    assert api.pid > 0
    assert api.birth
    assert supervisor.supervisor.is_ready


def test_a_unit_that_only_says_so_is_not_ready(bench: MakeBench, address: str, tmp_path: Path) -> None:
    later = f"say(ready=True)\nwhile not os.path.exists('go'): time.sleep(0.005)\n{serving(address)}"
    supervisor = bench(unit(later, address=address))
    supervisor.until(lambda: supervisor.supervisor.plans["api"].says_ready, "it says so")
    supervisor.forward(1)
    assert supervisor["api"].state is State.STARTING
    (tmp_path / "go").touch()
    supervisor.reaches("api", State.READY)


def test_the_second_unit_waits_for_the_first(bench: MakeBench, tmp_path: Path) -> None:
    slow = f"while not os.path.exists('go'): time.sleep(0.005)\n{READY}"
    supervisor = bench(unit(slow), unit(READY, "web", after=("api",)))
    supervisor.until(lambda: supervisor["api"].state is State.STARTING, "api starts")
    supervisor.forward(1)
    assert supervisor["web"].state is State.STOPPED
    (tmp_path / "go").touch()
    supervisor.reaches("web", State.READY)


def test_a_unit_is_started_with_its_delay_and_not_at_all_when_its_turn_is_over(bench: MakeBench) -> None:
    supervisor = bench(unit(READY), unit(READY, "worker", after=("api",), delay_seconds=5.0))
    supervisor.reaches("api", State.READY)
    supervisor.forward(0.0)
    plan = supervisor.supervisor.plans["worker"]
    assert plan.next_time() == pytest.approx(supervisor.now + 5.0, abs=1.0)
    supervisor["api"].signal(signal.SIGKILL)
    supervisor.reaches("api", State.BACKOFF)
    assert plan.next_time() == float("inf")
    supervisor.forward(1.1)
    supervisor.reaches("api", State.READY)
    supervisor.forward(0.0)
    assert supervisor["worker"].state is State.STOPPED
    supervisor.forward(5.1)
    supervisor.reaches("worker", State.READY)


def test_a_unit_that_waits_for_its_turn_does_not_hold_up_the_end(bench: MakeBench) -> None:
    supervisor = bench(unit(READY), unit(READY, "worker", after=("api",), delay_seconds=5.0))
    supervisor.reaches("api", State.READY)
    supervisor.forward(0.0)
    supervisor.supervisor.stop()
    supervisor.until(lambda: supervisor.supervisor.is_done, "the end")
    assert supervisor["worker"].starts == 0
    assert supervisor.supervisor.plans["worker"].next_time() == float("inf")


def test_what_a_unit_is_doing_is_shown_until_it_serves(bench: MakeBench, tmp_path: Path) -> None:
    busy = f"say(stage='migrating')\nwhile not os.path.exists('go'): time.sleep(0.005)\n{READY}"
    supervisor = bench(unit(busy))
    supervisor.until(lambda: supervisor["api"].stage == "migrating", "the stage is heard")
    (tmp_path / "go").touch()
    assert supervisor.reaches("api", State.READY).stage == ""


def test_nonsense_on_the_channel_is_passed_over(bench: MakeBench) -> None:
    supervisor = bench(unit("import unit_words; unit_words.channel.sendall(b'\\xff{\\n[]\\n12\\n'); " + READY))
    supervisor.reaches("api", State.READY)


def test_a_unit_gets_our_environment_its_directory_and_a_session_of_its_own(bench: MakeBench, tmp_path: Path) -> None:
    supervisor = bench(unit(f"print(os.getcwd(), os.environ['PATH'], flush=True); {READY}"))
    api = supervisor.reaches("api", State.READY)
    assert f"{tmp_path} /bin" in supervisor.log("api")
    assert os.getsid(api.pid) == api.pid


def test_a_unit_that_is_not_ready_in_time_is_ended_and_tried_again(bench: MakeBench) -> None:
    supervisor = bench(unit("say(stage='thinking'); alone()"))
    supervisor.until(lambda: supervisor["api"].stage == "thinking", "the stage is heard")
    supervisor.forward(61)
    api = supervisor.reaches("api", State.BACKOFF)
    assert api.reason == "it was not ready after 60 s (last heard: thinking)"


def test_a_program_that_does_not_exist_is_a_failure_with_its_reason(bench: MakeBench) -> None:
    supervisor = bench(unit(READY)._replace(command=("/no/such/program",)))
    api = supervisor.reaches("api", State.BACKOFF)
    assert "cannot be started" in api.reason
    assert "/no/such/program" in api.reason


# Failing


def test_a_crash_is_followed_by_another_start_after_the_delay(bench: MakeBench) -> None:
    supervisor = bench(unit(CRASHING))
    api = supervisor.reaches("api", State.BACKOFF)
    assert api.reason == "it ended with exit code 3: the disk is on fire"
    assert api.lines == ("the disk is on fire",)
    assert api.pid == 0
    supervisor.forward(0.5)
    assert supervisor["api"].state is State.BACKOFF
    supervisor.forward(0.6)
    assert supervisor.reaches("api", State.STARTING).starts == 2


def test_half_of_a_compiled_file_is_told_with_the_way_out(bench: MakeBench) -> None:
    supervisor = bench(unit("import marshal; marshal.loads(marshal.dumps('half of it')[:-4])"))
    api = supervisor.reaches("api", State.BACKOFF)
    assert "Python cannot read a file that it has compiled itself: EOFError: marshal data too short" in api.reason
    assert "-name __pycache__ -prune -exec rm -r" in api.hint


def test_five_crashes_are_the_end_and_the_reason_stays(bench: MakeBench) -> None:
    supervisor = bench(unit(CRASHING, "web"))
    web = supervisor["web"]
    for _ in range(4):
        supervisor.reaches("web", State.BACKOFF)
        supervisor.forward(8)
    supervisor.reaches("web", State.FAILED)
    assert web.starts == 5
    assert web.reason == "it ended with exit code 3: the disk is on fire (5 failures in a row, no more attempts)"
    assert web.lines == ("the disk is on fire",)
    supervisor.forward(3600)
    assert web.state is State.FAILED


def test_half_a_minute_of_service_makes_up_for_former_failures(bench: MakeBench) -> None:
    supervisor = bench(unit(READY))
    api = supervisor.reaches("api", State.READY)
    failures = supervisor.supervisor.plans["api"].failures
    for expected in (1, 2):
        api.signal(signal.SIGKILL)
        supervisor.reaches("api", State.BACKOFF)
        assert len(failures) == expected
        supervisor.forward(2)
        supervisor.reaches("api", State.READY)
    supervisor.forward(29)
    assert len(failures) == 2
    supervisor.forward(2)
    assert len(failures) == 0


def test_a_killed_unit_tells_by_which_signal(bench: MakeBench) -> None:
    supervisor = bench(unit("print('all is well', flush=True); " + READY))
    supervisor.reaches("api", State.READY).signal(signal.SIGKILL)
    # What it said last has nothing to do with its end.
    assert supervisor.reaches("api", State.BACKOFF).reason == "it was killed by signal 9 (KILL)"


def test_a_permanent_failure_is_not_tried_again(bench: MakeBench) -> None:
    says = "say(failed='the database is newer than this program', hint='Upgrade stigmer', permanent=True); sys.exit(1)"
    supervisor = bench(unit(says))
    api = supervisor.reaches("api", State.FAILED)
    assert (api.reason, api.hint) == ("the database is newer than this program", "Upgrade stigmer")
    assert api.starts == 1


def test_what_is_lacking_is_waited_for_and_is_no_failure(bench: MakeBench) -> None:
    supervisor = bench(unit("say(failed='no network', hint='plug it in', retry_seconds=60)"))
    for _ in range(7):
        api = supervisor.reaches("api", State.BACKOFF)
        assert (api.reason, api.hint) == ("no network", "plug it in")
        starts = api.starts
        supervisor.forward(59.0)
        assert api.starts == starts
        supervisor.forward(1.1)
        assert api.starts == starts + 1


def test_a_reason_that_is_not_permanent_is_shown_while_waiting(bench: MakeBench) -> None:
    supervisor = bench(unit("say(failed='the disk is full', hint='Free some space'); sys.exit(1)"))
    api = supervisor.reaches("api", State.BACKOFF)
    assert (api.reason, api.hint) == ("the disk is full", "Free some space")


def test_a_unit_that_reports_failure_and_stays_is_killed_in_the_end(bench: MakeBench) -> None:
    supervisor = bench(unit("say(failed='stuck'); alone()"))
    supervisor.reaches("api", State.STOPPING)
    supervisor.forward(11)
    assert supervisor.reaches("api", State.BACKOFF).reason == "stuck"


def test_without_an_essential_unit_everything_ends(bench: MakeBench) -> None:
    supervisor = bench(
        unit("say(failed='no', permanent=True)", essential=True),
        unit(READY, "temporal"),
        unit(READY, "web", after=("api",)),
    )
    supervisor.until(lambda: supervisor.supervisor.is_done, "the end")
    assert supervisor.supervisor.has_failed
    assert [one.state for one in supervisor.units] == [State.FAILED, State.STOPPED, State.STOPPED]


def test_an_essential_unit_that_has_served_before_does_not_end_the_rest(bench: MakeBench, tmp_path: Path) -> None:
    second = "if os.path.exists('broken'): say(failed='broken', permanent=True); sys.exit(1)\n" + READY
    supervisor = bench(unit(second, essential=True), unit(READY, "web", after=("api",)))
    supervisor.reaches("web", State.READY)
    (tmp_path / "broken").touch()
    supervisor["api"].signal(signal.SIGKILL)
    supervisor.reaches("api", State.BACKOFF)
    supervisor.forward(1.1)
    supervisor.reaches("api", State.FAILED)
    assert not supervisor.supervisor.is_stopping
    assert supervisor["web"].state is State.READY


def test_a_unit_that_lost_its_socket_is_replaced(bench: MakeBench, address: str) -> None:
    losing = f"server = listen({address!r}); say(ready=True)\nwhile not os.path.exists('lose'): time.sleep(0.005)\n"
    supervisor = bench(unit(losing + "server.close(); print('lost', flush=True); alone()", address=address))
    supervisor.reaches("api", State.READY)
    (supervisor.directory / "lose").touch()
    supervisor.until(lambda: (supervisor.directory / "api.log").exists() and "lost" in supervisor.log("api"), "lost")
    for _ in range(2):
        supervisor.forward(10.1)
        assert supervisor["api"].state is State.READY
    supervisor.forward(10.1)
    api = supervisor.reaches("api", State.BACKOFF)
    assert api.reason == f"it no longer accepts connections on {address}"


ANSWERING = """
say(ready=True)
for line in channel.makefile():
    if os.path.exists("hanging"):
        forever()
    say(pong=json.loads(line)["ping"])
"""


def ask(bench: Bench) -> None:
    """One more ping."""
    before = bench.supervisor.plans["api"].pings
    bench.forward(10.1)
    assert bench["api"].state is not State.READY or bench.supervisor.plans["api"].pings == before + 1
    assert bench["api"].starts == 1


def test_a_unit_that_hangs_is_replaced_but_not_hastily(bench: MakeBench, tmp_path: Path) -> None:
    supervisor = bench(unit(ANSWERING))
    api = supervisor.reaches("api", State.READY)
    plan = supervisor.supervisor.plans["api"]
    for _ in range(10):
        supervisor.until(lambda: plan.unanswered == 0, "it answers")
        ask(supervisor)
    supervisor.until(lambda: plan.unanswered == 0, "it has answered the last one")
    (tmp_path / "hanging").touch()
    for _ in range(6):
        ask(supervisor)
    assert api.state is State.READY
    ask(supervisor)
    assert api.reason == "it hangs: no answer for 60 s"
    assert supervisor.reaches("api", State.BACKOFF).starts == 1


def test_a_unit_that_has_never_answered_is_not_expected_to(bench: MakeBench) -> None:
    supervisor = bench(unit(READY))
    api = supervisor.reaches("api", State.READY)
    for _ in range(20):
        ask(supervisor)
    assert api.state is State.READY


def test_a_taken_port_fails_at_once_and_names_another(bench: MakeBench, address: str) -> None:
    with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
        supervisor = bench(unit(serving(address), address=address, setting="backend.local.endpoint"))
        api = supervisor.reaches("api", State.FAILED)
    assert api.starts == 0
    assert "is held by somebody" in api.reason
    assert "stigmer config set backend.local.endpoint 127.0.0.1:" in api.hint
    assert address not in api.hint


def test_a_unit_that_dies_when_the_end_has_just_been_asked_for_is_stopped(bench: MakeBench) -> None:
    supervisor = bench(unit(READY))
    api = supervisor.reaches("api", State.READY)
    supervisor.supervisor.stop()
    api.signal(signal.SIGKILL)
    wait_until(api.has_ended, "it is dead")
    supervisor.forward(0)
    assert api.state is State.STOPPED


def test_a_port_that_will_be_let_go_of_soon_is_waited_for(bench: MakeBench, address: str) -> None:
    supervisor = bench(unit(serving(address), address=address))
    supervisor.holder_is_passing = True
    with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
        supervisor.reaches("api", State.BACKOFF)
    supervisor.forward(1.1)
    supervisor.reaches("api", State.READY)


# Stopping


def test_a_unit_ends_before_those_that_it_uses(bench: MakeBench) -> None:
    supervisor = bench(unit(READY), unit(READY, "web", after=("api",), uses=("api",)))
    supervisor.reaches("web", State.READY)
    supervisor.supervisor.stop()
    supervisor.until(lambda: supervisor.supervisor.is_done, "the end")
    stopped = [line for line in supervisor.journal if line.endswith("-> STOPPED")]
    assert [line.split(":")[0] for line in stopped] == ["web", "api"]


def test_a_unit_that_ignores_term_is_killed_at_its_deadline_with_all_it_started(bench: MakeBench) -> None:
    stubborn = (
        "ignore(signal.SIGTERM); child = subprocess.Popen([sys.executable, '-I', '-S', '-c', 'input()'],"
        " stdin=subprocess.PIPE); print(child.pid, flush=True); say(ready=True); forever()"
    )
    supervisor = bench(unit(stubborn))
    api = supervisor.reaches("api", State.READY)
    supervisor.until(lambda: bool(api.log.tail), "the child's number")
    child = int(api.log.tail[0])
    supervisor.supervisor.stop()
    supervisor.until(lambda: api.state is State.STOPPING, "it is told")
    supervisor.forward(5)
    assert api.is_running
    supervisor.forward(6)
    supervisor.until(lambda: supervisor.supervisor.is_done, "the end")
    assert any("killed" in line for line in supervisor.journal)
    wait_until(lambda: not process.birth(child), "its child is gone")


def test_a_unit_in_backoff_is_not_started_again_when_all_ends(bench: MakeBench) -> None:
    supervisor = bench(unit(CRASHING))
    supervisor.reaches("api", State.BACKOFF)
    supervisor.supervisor.stop()
    supervisor.forward(60)
    assert supervisor["api"].state is State.STOPPED
    assert supervisor.supervisor.is_done


def test_what_a_dead_unit_left_running_is_ended(bench: MakeBench) -> None:
    leaving = (
        "child = subprocess.Popen([sys.executable, '-I', '-S', '-c', 'input()'], stdin=subprocess.PIPE);"
        " print(child.pid, flush=True); os._exit(1)"
    )
    supervisor = bench(unit(leaving))
    api = supervisor.reaches("api", State.BACKOFF)
    child = int(api.lines[0])
    wait_until(lambda: not process.birth(child), "its child is gone")


# Resting


def test_last_words_are_logged_even_without_an_end_of_line(bench: MakeBench) -> None:
    supervisor = bench(unit("sys.stdout.write('out'); sys.stdout.flush(); sys.stderr.write('err'); sys.exit(1)"))
    assert supervisor.reaches("api", State.BACKOFF).lines == ("outerr",)
    assert supervisor.log("api").endswith("Z outerr\n")


def test_nothing_falls_due_soon_while_all_is_well(bench: MakeBench, address: str) -> None:
    supervisor = bench(unit(serving(address), address=address), unit(READY, "web", after=("api",)))
    supervisor.reaches("web", State.READY)
    supervisor.forward(31)
    changes = supervisor.changes
    now = supervisor.now
    assert min(plan.next_time() for plan in supervisor.supervisor.plans.values()) > now + 9
    supervisor.supervisor.step(now)
    assert supervisor.changes == changes
