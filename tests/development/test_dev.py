"""`stigmer dev`, from the outside: a project whose files are saved, and what is told of it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cli.output import CLEAR_LINE
from tests.development.kit import Shop
from tests.support.daemon import Installation, temporary_installation, wait_until
from tests.support.runs import write_answers

Develop = Callable[[Shop], "Developing"]
WAITING = "Waiting for changes ..."


class Developing:
    """One that runs, and all that it has said so far."""

    def __init__(self, shop: Shop) -> None:
        self.process = shop.installation.start("dev", cwd=shop.directory)
        self.said: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in (self.process.stdout, self.process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    @property
    def text(self) -> str:
        return "".join(self.said)

    def hears(self, *texts: str, times: int = 1) -> None:
        """Wait until it has said all of these, the last one so often."""
        wait_until(
            lambda: all(text in self.text for text in texts) and self.text.count(texts[-1]) >= times,
            f"it says {texts}; it said:\n{self.text}",
        )

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.close()
        return code

    def close(self) -> None:
        """Read what is left of its output; by force where it still runs."""
        self.process.kill()
        self.process.wait()
        for reader, stream in zip(self._readers, (self.process.stdout, self.process.stderr), strict=True):
            reader.join(60)
            if stream is not None:
                stream.close()

    def _read(self, stream: object) -> None:
        for line in stream:  # type: ignore[attr-defined]  # a pipe
            self.said.append(line)


@pytest.fixture
def develop() -> Iterator[Develop]:
    started: list[Developing] = []

    def start(shop: Shop) -> Developing:
        started.append(Developing(shop))
        return started[-1]

    yield start
    for each in started:
        each.close()


def test_what_is_saved_is_deployed_and_its_runs_are_shown(shop: Shop, develop: Develop) -> None:
    dev = develop(shop)
    dev.hears("1 deployed, 0 unchanged", WAITING)
    main = shop.directory / "main.py"
    main.write_text(main.read_text().replace("Say where you are.", "Say where you are now."))
    dev.hears("saved main.py\n", f"~ Agent {shop.name}\n", "Say where you are now.", WAITING, times=2)
    shop.says("Tell where this is.")
    dev.hears("saved tools/says.txt\n", WAITING, times=3)
    assert shop.where()["file"] == str(shop.directory / "tools" / "own.py")
    run_id = str(shop.installation.run("executions", "list", "--limit", "1", "-o", "name").stdout.split()[0])
    short = f"{shop.name} {run_id.rpartition('/')[2][-6:]} |"
    dev.hears(f"{short} started: ", f"{short} tool where: completed", f"{short} completed in")
    assert f'{short} {{"python": ' in dev.text
    slow = write_answers(shop.directory.parent / "slow.json", {"text": "At last.", "chunk_delay_seconds": 3600})
    late = shop.stigmer("run", shop.name, "-m", "hello", "--model", f"scripted:{slow}", "--no-follow", "-o", "name")
    dev.hears("started: ", times=2)
    assert dev.end() == 0
    assert dev.text.endswith(
        f"No longer watching.\n{shop.name} goes on: `stigmer executions follow {late.stdout.split()[0]}`\n"
    )
    assert shop.stigmer("executions", "cancel", late.stdout.split()[0]).code == 0
    assert shop.installation.run("server", "status").code == 0, "a server that was there before stays"


def test_an_error_of_the_program_is_shown_and_the_loop_goes_on(shop: Shop, develop: Develop) -> None:
    dev = develop(shop)
    dev.hears(WAITING)
    main = shop.directory / "main.py"
    good = main.read_text()
    main.write_text("raise SystemExit('not yet')\n")
    dev.hears("error: ", "not yet", f"hint: Correct {main}\n", "Waiting for the next change ...")
    main.write_text(good + "# better\n")
    dev.hears("\n1 unchanged", WAITING, times=2)
    assert dev.end(signal.SIGTERM) == 0


def test_a_program_that_hangs_is_ended_by_the_next_save(shop: Shop, develop: Develop) -> None:
    main, begun = shop.directory / "main.py", shop.directory.parent / "begun"
    good = main.read_text()
    main.write_text(f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(3600)\n")
    dev = develop(shop)
    wait_until(begun.exists, "the program runs")
    main.write_text(good)
    dev.hears("Ended the program, which was still running.\n", "saved main.py\n", f"+ Agent {shop.name}\n", WAITING)
    assert "error: " not in dev.text
    assert dev.end() == 0


def test_what_tools_and_the_program_leave_behind_is_no_change(shop: Shop, develop: Develop) -> None:
    main = shop.directory / "main.py"
    stamp = "import pathlib, time\npathlib.Path('stamp.txt').write_text(str(time.time_ns()))\n"
    main.write_text(stamp + main.read_text())
    dev = develop(shop)
    dev.hears("saved stamp.txt\n", WAITING, times=3)  # at first it may have been somebody
    for place in (".venv/lib/x.py", "__pycache__/a.pyc", ".git/HEAD", "build/out.py", "shop.egg-info/PKG"):
        (shop.directory / place).parent.mkdir(parents=True, exist_ok=True)
        (shop.directory / place).write_text("x")
    os.utime(main)
    (shop.directory / "notes.txt").write_text("mine")
    dev.hears("saved notes.txt\n", WAITING, times=4)
    assert dev.text.count("saved stamp.txt") <= 3
    assert not [line for line in dev.said if "saved" in line and ("out.py" in line or "main.py" in line)]
    assert dev.end() == 0


def test_one_project_is_developed_once_at_a_time(shop: Shop, develop: Develop) -> None:
    dev = develop(shop)
    dev.hears(WAITING)
    second = shop.stigmer("dev")
    assert second.code == 5
    assert second.stderr == (
        f"error: another `stigmer dev` watches project '{shop.name}' already (process {dev.process.pid})\n\n"
        "hint: End it with Ctrl-C where it runs\n"
    )
    assert dev.end() == 0
    again = develop(shop)
    again.hears(WAITING)
    assert again.end() == 0


def test_a_server_that_it_started_ends_with_it(tmp_path: Path, develop: Develop) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with temporary_installation(home, STIGMER_UNITS="api,runner") as made:
        shop = Shop(made, tmp_path / "shop", "short-lived")
        shop.write()
        dev = develop(shop)
        dev.hears(WAITING)
        assert dev.end() == 0
        assert "Stopping local backend daemon" in dev.text
        assert made.run("server", "status").code == 1


def test_interrupted_before_it_watches_it_leaves_no_server_and_a_clean_terminal(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with temporary_installation(home, STIGMER_UNITS="api") as made:
        shop = Shop(made, tmp_path / "shop", "hasty")
        shop.write()
        # Before there is a daemon, before it has said who it is, and while it starts.
        for moment in ("Starting local backend daemon", "daemon: starting", "api: "):
            code, seen = made.run_on_terminal("dev", cwd=shop.directory, typed="\x03", after=moment)
            lines = [line.rpartition(CLEAR_LINE)[2] for line in seen.splitlines()]
            assert (code, lines[-1]) == (130, "interrupted")
            assert not [line for line in lines if line.startswith("  ")], "what moved is gone"
            of_it = [
                each for each in psutil.process_iter(["cmdline"]) if str(made.data_dir) in (each.info["cmdline"] or ())
            ]
            assert of_it == [], f"interrupted at {moment!r}"


def test_a_directory_that_is_no_project_is_refused_at_once(agent_home: Installation, tmp_path: Path) -> None:
    refused = agent_home.run("dev", cwd=tmp_path)
    assert (refused.code, "Stigmer.yaml" in refused.stderr) == (2, True)
