"""The short way of reading Stigmer.yaml never differs from the real parser."""

from __future__ import annotations

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cli.project.plain_yaml import read_plain

WORDS = st.sampled_from(
    [
        "name",
        "python",
        "null",
        "true",
        "Yes",
        "off",
        "n",
        "~",
        "1",
        "1.0",
        "1.2.3",
        "0x1f",
        "1e5",
        "a b",
        "''",
        '"',
        "- ",
        "#",
    ]
)
PARTS = st.one_of(
    WORDS, st.sampled_from([": ", ":", " ", "\n", "\t", "---", "&a", "*a", "!x", "|", "{}", ",", "\r", "é"])
)
LINES = st.builds("{}: {}".format, st.sampled_from(["name", "runtime", "x"]), WORDS)
FILES = st.one_of(
    st.lists(LINES, max_size=4).map("\n".join),
    st.lists(PARTS, max_size=10).map("".join),
    st.text(alphabet="ab:_ #\"'-\n.0", max_size=30),
)


@settings(database=None, max_examples=400, deadline=None)
@given(FILES)
@example("#\rname: agent")
@example("# a note\u2028name: agent")
def test_what_it_reads_is_what_a_yaml_parser_reads(text: str) -> None:
    values = read_plain(text)
    if values is not None:
        assert (yaml.safe_load(text) or {}) == values


def test_it_reads_what_projects_hold() -> None:
    text = "# mine\n\nname: my-agent\nruntime: python\nversion: 0.1.0\nmain: src/main.py\n"
    assert read_plain(text + 'description: "Sorts, (and) tells"\n') == {
        "name": "my-agent",
        "runtime": "python",
        "version": "0.1.0",
        "main": "src/main.py",
        "description": "Sorts, (and) tells",
    }


def test_it_leaves_doubtful_files_alone() -> None:
    doubtful = ["version: 1.0", "name: yes", "name: a: b", "name: a # b", "name: a\nname: b", "name:\n  a", "name: 'a'"]
    assert [read_plain(text) for text in doubtful] == [None] * len(doubtful)
