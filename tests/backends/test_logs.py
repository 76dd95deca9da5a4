from __future__ import annotations

import re
import threading
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

import pytest

from apps.backends.local.log_rotation import RotatingLog
from apps.backends.local.logs import LogLine, components, follow, read_last
from apps.backends.local.paths import DataPaths
from tests.support.daemon import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def paths(tmp_path: Path) -> DataPaths:
    paths = DataPaths(str(tmp_path))
    paths.prepare()
    return paths


def stamp(second: int) -> str:
    return f"2026-01-31T12:00:{second:02d}.000Z"


def write(paths: DataPaths, component: str, *lines: str, number: int = 0) -> None:
    suffix = f".{number}" if number else ""
    Path(paths.log(component) + suffix).write_text("".join(line + "\n" for line in lines))


# Writing


def test_each_line_gets_the_time_of_its_arrival(tmp_path: Path) -> None:
    log = RotatingLog(str(tmp_path / "api.log"))
    log.feed(b"one\ntw")
    log.feed(b"o\r\n\nlast")
    log.close()
    lines = (tmp_path / "api.log").read_text().split("\n")
    assert [line[25:] for line in lines] == ["one", "two", "", "last", ""]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in lines[:-1])
    assert list(log.tail) == ["one", "two", "", "last"]


def test_a_line_that_brings_its_own_time_keeps_it(tmp_path: Path) -> None:
    log = RotatingLog(str(tmp_path / "api.log"))
    log.line(f"{stamp(1)} hello")
    log.close()
    assert (tmp_path / "api.log").read_text() == f"{stamp(1)} hello\n"


def test_a_full_file_is_turned_over_and_old_ones_go(tmp_path: Path) -> None:
    log = RotatingLog(str(tmp_path / "api.log"), max_bytes=100, keep=2)
    for number in range(20):
        log.line(f"line {number:02d}")
    log.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["api.log", "api.log.1", "api.log.2"]
    kept = "".join((tmp_path / name).read_text() for name in reversed(names))
    assert [line[25:] for line in kept.splitlines()] == [f"line {number:02d}" for number in range(12, 20)]
    assert all((tmp_path / name).stat().st_size <= 100 for name in names)


def test_an_existing_log_is_continued(tmp_path: Path) -> None:
    for text in ("first", "second"):
        log = RotatingLog(str(tmp_path / "api.log"))
        log.line(text)
        log.close()
    assert [line[25:] for line in (tmp_path / "api.log").read_text().splitlines()] == ["first", "second"]


def test_an_endless_line_is_cut(tmp_path: Path) -> None:
    log = RotatingLog(str(tmp_path / "api.log"))
    log.feed(b"x" * 100_000)
    log.close()
    assert (tmp_path / "api.log").read_text().count("x") == 100_000


def test_a_log_that_cannot_be_written_loses_lines_and_says_how_many(tmp_path: Path) -> None:
    log = RotatingLog(str(tmp_path / "logs" / "api.log"))
    log.feed(b"lost\nlost too\n")
    assert list(log.tail) == ["lost", "lost too"]
    (tmp_path / "logs").mkdir()
    log.line("back")
    log.close()
    lines = [line[25:] for line in (tmp_path / "logs" / "api.log").read_text().splitlines()]
    assert lines == ["(2 lines were lost: the log could not be written)", "back"]


def test_a_full_disk_does_not_hurt_the_writer() -> None:
    log = RotatingLog("/dev/full")
    log.line("lost")
    log.line("lost too")
    log.close()
    assert list(log.tail) == ["lost", "lost too"]


# Reading


def test_logs_are_merged_by_time(paths: DataPaths) -> None:
    write(paths, "api", f"{stamp(1)} a", f"{stamp(4)} d")
    write(paths, "web", f"{stamp(2)} b", f"{stamp(3)} c")
    assert components(paths) == ["api", "web"]
    assert read_last(paths, [], 10) == [
        LogLine(stamp(1), "api", "a"),
        LogLine(stamp(2), "web", "b"),
        LogLine(stamp(3), "web", "c"),
        LogLine(stamp(4), "api", "d"),
    ]
    assert [line.text for line in read_last(paths, [], 2)] == ["c", "d"]
    assert [line.text for line in read_last(paths, ["api"], 10)] == ["a", "d"]
    assert read_last(paths, [], 0) == []
    assert read_last(paths, ["runner"], 5) == []


def test_lines_without_a_time_stay_behind_the_one_before(paths: DataPaths) -> None:
    write(paths, "daemon", f"{stamp(2)} started", "Traceback", "  File")
    write(paths, "api", f"{stamp(1)} a", f"{stamp(3)} b")
    assert [line.text for line in read_last(paths, [], 10)] == ["a", "started", "Traceback", "  File", "b"]


def test_older_files_are_read_when_the_newest_has_too_few(paths: DataPaths) -> None:
    write(paths, "api", f"{stamp(5)} e")
    write(paths, "api", f"{stamp(3)} c", f"{stamp(4)} d", number=1)
    write(paths, "api", f"{stamp(1)} a", f"{stamp(2)} b", number=2)
    assert [line.text for line in read_last(paths, ["api"], 4)] == ["b", "c", "d", "e"]


def test_the_end_of_a_long_file_is_found(paths: DataPaths) -> None:
    lines = [f"{stamp(number % 60)} {number} {'x' * 90}" for number in range(3000)]
    write(paths, "api", *sorted(lines))
    last = read_last(paths, ["api"], 1500)
    assert [f"{line.time} {line.text}" for line in last] == sorted(lines)[-1500:]


def test_no_data_directory_no_logs(tmp_path: Path) -> None:
    assert components(DataPaths(str(tmp_path / "none"))) == []


# Following


class Following:
    """`follow` in a thread of its own."""

    def __init__(self, paths: DataPaths, *names: str, count: int = 10) -> None:
        self.lines: Queue[LogLine] = Queue()
        self._stop = threading.Event()
        self._source = follow(paths, names, count=count, should_stop=self._stop.is_set)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def texts(self, count: int) -> list[str]:
        return [self.lines.get(timeout=60).text for _ in range(count)]

    def end(self) -> None:
        self._stop.set()
        self._thread.join(timeout=60)

    def _run(self) -> None:
        for line in self._source:
            self.lines.put(line)


@pytest.fixture
def following(paths: DataPaths) -> Iterator[list[Following]]:
    started: list[Following] = []
    yield started
    for one in started:
        one.end()


def test_following_shows_the_last_lines_then_new_ones(paths: DataPaths, following: list[Following]) -> None:
    write(paths, "api", f"{stamp(1)} a", f"{stamp(2)} b", f"{stamp(3)} c")
    following.append(Following(paths, "api", count=2))
    assert following[0].texts(2) == ["b", "c"]
    log = RotatingLog(paths.log("api"))
    log.line("d")
    assert following[0].texts(1) == ["d"]
    log.close()


def test_following_crosses_a_turn_over_without_loss(paths: DataPaths, following: list[Following]) -> None:
    log = RotatingLog(paths.log("api"), max_bytes=200, keep=3)
    log.line("start")
    following.append(Following(paths, "api"))
    assert following[0].texts(1) == ["start"]
    for number in range(12):
        log.line(f"line {number}")
        assert following[0].texts(1) == [f"line {number}"]
    log.close()
    assert Path(paths.log("api") + ".1").exists()


def test_a_component_that_appears_later_joins_in(paths: DataPaths, following: list[Following]) -> None:
    write(paths, "api", f"{stamp(1)} a")
    following.append(Following(paths))
    assert following[0].texts(1) == ["a"]
    log = RotatingLog(paths.log("web"))
    log.line("hello")
    line = following[0].lines.get(timeout=60)
    assert (line.component, line.text) == ("web", "hello")
    log.close()


def test_a_line_is_shown_once_it_is_complete(paths: DataPaths, following: list[Following]) -> None:
    write(paths, "api", f"{stamp(1)} a")
    following.append(Following(paths, "api"))
    assert following[0].texts(1) == ["a"]
    with Path(paths.log("api")).open("a", buffering=1) as file:
        file.write(f"{stamp(2)} be")
        file.flush()
        wait_until(following[0].lines.empty, "nothing is shown")
        file.write("gun\n")
    assert following[0].texts(1) == ["begun"]
