"""Tables, durations and diffs."""

from __future__ import annotations

import json
import re
import sys

import pytest
import yaml

from apps.backends.base import Action, Applied, Change
from cli.outlet import rendered
from cli.output import Format, ago, cell_width, fit, pairs, shrink, structured, table
from cli.report import diff


def test_columns_stand_below_their_headers() -> None:
    text = table(("TYPE", "NAME"), [("Agent", "a"), ("Workflow", "longer")])
    assert text == "TYPE      NAME\nAgent     a\nWorkflow  longer"


def test_nothing_is_cut_in_a_pipe_and_only_words_on_a_terminal() -> None:
    row = ("a", "agt-01m84vtjb1p5003pehs82a2bad", "A long description of what it does, and of much more than that")
    assert row[2] in table(("NAME", "ID", "DESCRIPTION"), [row])
    narrow = table(("NAME", "ID", "DESCRIPTION"), [row], width=60).splitlines()[1]
    assert len(narrow) == 60
    assert narrow.endswith("…")
    assert row[1] in narrow


def test_an_id_is_never_cut() -> None:
    assert shrink(("ID", "DESCRIPTION"), (30, 50), 40) == [30, 12]
    assert shrink(("ID", "DESCRIPTION"), (30, 5), 20) == [30, 5]


def test_wide_characters_take_their_room() -> None:
    assert cell_width("日本") == 4
    assert cell_width("e\N{COMBINING ACUTE ACCENT}") == 1
    assert fit("日本語", 5) == "日本…"
    assert table(("NAME", "ID"), [("日本", "1"), ("abcd", "2")]).splitlines()[1:] == ["日本  1", "abcd  2"]


def test_control_characters_cannot_move_the_cursor() -> None:
    assert table(("NAME",), [("\x1b[2Jgone\nnext",)]).splitlines()[1] == "\\x1b[2Jgone next"


def test_cells_are_coloured_only_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b[32mREADY\x1b[0m" in rendered(table(("STATE",), [("READY",)], colours={"READY": "32"}, width=80))
    row = table(("STATE", "NAME"), [("READY", "is READY")], colours={"READY": "32"}, width=80).splitlines()[1]
    assert rendered(row) == "\x1b[32mREADY\x1b[0m  is READY"
    # The word in another cell before it is not meant.
    row = table(("NAME", "STATE"), [("READY to go", "READY")], colours={"READY": "32"}, width=80).splitlines()[1]
    assert rendered(row) == "READY to go  \x1b[32mREADY\x1b[0m"
    changed = Change("spec.a", "1", "2")
    assert "\n  \x1b[33m~\x1b[0m spec.a: 1 -> 2" in rendered(diff(applied(changed)))
    monkeypatch.setenv("NO_COLOR", "1")
    assert rendered(plain := table(("STATE",), [("READY",)], colours={"READY": "32"}, width=80)) == plain
    assert "\x1b" not in plain + rendered(diff(applied(changed)))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0s"), (0.9, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3660, "1h 1m"), (90000, "1d 1h")],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert ago(seconds) == words


def test_facts_stand_below_each_other() -> None:
    assert list(pairs({"A": "1", "Long": "2", "None": ""})) == ["A:     1", "Long:  2", "None:"]


def applied(*changes: Change) -> Applied:
    return Applied("Agent", "a", "local", "agt-1", Action.UPDATED, changes)


def test_a_diff_shows_what_is_added_removed_and_changed() -> None:
    changes = (
        Change("spec.icon_url", "", '"i"'),
        Change("spec.description", '"d"', ""),
        Change("spec.instructions", '"old"', '"new"'),
    )
    assert diff(applied(*changes)).splitlines() == [
        "Agent a",
        '  + spec.icon_url: "i"',
        '  - spec.description: "d"',
        '  ~ spec.instructions: "old" -> "new"',
    ]
    assert diff(applied()) == ""


def test_a_diff_of_a_long_text_is_by_lines() -> None:
    before = '"one\\ntwo\\nthree\\nfour\\nfive\\nsix\\nseven"'
    after = '"one\\n2\\nthree\\nfour\\nfive\\nsix\\n7"'
    assert diff(applied(Change("spec.instructions", before, after))).splitlines() == [
        "Agent a",
        "  ~ spec.instructions:",
        "       one",
        "      -two",
        "      +2",
        "       three",
        "      ...",
        "       six",
        "      -seven",
        "      +7",
    ]


def test_a_diff_of_a_value_with_a_line_break_inside_a_list_stays_on_its_line() -> None:
    lines = diff(applied(Change("spec.env", '["a\\nb"]', '["a\\nc"]'))).splitlines()
    assert lines == ["Agent a", '  ~ spec.env: ["a\\nb"] -> ["a\\nc"]']


def test_long_values_stand_below_each_other_from_where_they_differ() -> None:
    before, after = f'"{"same " * 100}old"', f'"{"same " * 100}new {"x" * 200}"'
    assert diff(applied(Change("spec.instructions", before, after))).splitlines() == [
        "Agent a",
        "  ~ spec.instructions:",
        '      - …same same same same old"',
        f"      + …same same same same new {'x' * 96}…",
    ]
    lines = diff(applied(Change("spec.description", f'"{"a" * 50}"', '"b"'))).splitlines()
    assert lines[2:] == [f'      - "{"a" * 50}"', '      + "b"']


def test_kinds_of_tasks_are_shown_as_they_are_written() -> None:
    changes = (
        Change("spec.tasks[1]", "", '{"name": "y", "kind": "WORKFLOW_TASK_KIND_SET"}'),
        Change("spec.tasks[0].kind", '"WORKFLOW_TASK_KIND_SET"', '"WORKFLOW_TASK_KIND_WAIT"'),
        Change("spec.description", '"a"', '"WORKFLOW_TASK_KIND_SET is old"'),
    )
    assert diff(applied(*changes)).splitlines()[1:] == [
        '  + spec.tasks[1]: {"name": "y", "kind": "SET"}',
        '  ~ spec.tasks[0].kind: "SET" -> "WAIT"',
        '  ~ spec.description: "a" -> "WORKFLOW_TASK_KIND_SET is old"',
    ]


def test_a_very_long_value_is_cut() -> None:
    (_, line) = diff(applied(Change("spec.x", "", f'"{"x" * 1000}"'))).splitlines()
    assert len(line) < 200
    assert line.endswith("…")


@pytest.mark.parametrize("output", [Format.JSON, Format.YAML])
def test_a_whole_number_has_no_point_at_any_depth(output: Format) -> None:
    """In free-form values of protobuf every number is a double."""
    value = {"n": 5.0, "deep": [{"n": -7.0}], "half": 0.5, "beyond": 1e300, "flag": True, "text": "5.0"}
    shown = structured(value, output)
    assert (json.loads if output is Format.JSON else yaml.safe_load)(shown) == value
    assert re.findall(r"\bn['\"]: ([-.0-9]+)", shown) == ["5", "-7"]
