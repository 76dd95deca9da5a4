"""`stigmer get` and `stigmer delete`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
import yaml

from apps.backends.kinds import KINDS
from cli.schemas import editor_line
from tests.suites.client import unique
from tests.support.manifests import write_agent, write_project

if TYPE_CHECKING:
    from apps.backends.kinds import Kind
    from tests.support.daemon import Installation


def deploy(installation: Installation, tmp_path: Path, name: str, instructions: str = "Answer with care.") -> None:
    done = installation.run("apply", "-f", str(write_agent(tmp_path / "a.yaml", name, instructions)))
    assert done.code == 0, done.stderr


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_found_by_every_one_of_its_nouns(installation: Installation, kind: Kind) -> None:
    for noun in kind.nouns():
        done = installation.run("get", noun.upper(), "--output", "name")
        assert done.code == 0, (noun, done.stderr)


def test_no_noun_means_two_kinds() -> None:
    nouns = [noun for kind in KINDS for noun in set(kind.nouns())]
    assert len(nouns) == len(set(nouns))


def test_a_list_shows_the_newest_first(installation: Installation, tmp_path: Path) -> None:
    deploy(installation, tmp_path, "older")
    deploy(installation, tmp_path, "newer")
    done = installation.run("get", "agents")
    headers, *rows = (line.split() for line in done.stdout.splitlines())
    assert headers[:4] == ["NAME", "ID", "ORG", "UPDATED"]
    names = [row[0] for row in rows]
    assert names.index("newer") < names.index("older")
    assert rows[names.index("newer")][1].startswith("agt-")
    assert rows[names.index("newer")][2] == "local"


def test_a_list_can_be_limited_and_says_that_there_is_more(installation: Installation, tmp_path: Path) -> None:
    deploy(installation, tmp_path, "one-of-two")
    deploy(installation, tmp_path, "two-of-two")
    done = installation.run("get", "agents", "--limit", "1", "-o", "name")
    assert (done.stdout, done.stderr) == ("agent/two-of-two\n", "")
    assert installation.run("get", "agents", "--limit", "1").stderr == "There are more agents; see them with --limit.\n"


def test_one_is_found_by_slug_name_and_id(installation: Installation, tmp_path: Path) -> None:
    deploy(installation, tmp_path, "Well Named")
    by_slug = installation.run("get", "agent", "well-named", "-o", "json").json()
    assert by_slug["metadata"]["name"] == "Well Named"
    assert installation.run("get", "agent", "Well Named", "-o", "json").json() == by_slug
    assert installation.run("get", "agents", by_slug["metadata"]["id"], "-o", "json").json() == by_slug


def test_yaml_is_a_manifest_that_apply_takes_back(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "round-trip", "Line one of these words.\\nLine two: yes.")
    assert installation.run("apply", cwd=project).code == 0
    for kind, name in (("agent", "round-trip"), ("workflow", "round-trip-flow"), ("agents", "round-trip")):
        shown = installation.run("get", kind, name, "-o", "yaml")
        again = installation.run("apply", "-f", "-", "-o", "json", stdin=shown.stdout)
        assert again.code == 0, again.stderr
        assert [each["action"] for each in again.json()["resources"]] == ["unchanged"]
    manifest = yaml.safe_load(installation.run("get", "agent", "round-trip", "-o", "yaml").stdout)
    assert manifest["spec"]["instructions"] == "Line one of these words.\nLine two: yes."
    assert "status" not in manifest
    assert "id" not in manifest["metadata"]


def test_yaml_begins_with_what_editors_complete_it_by(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(installation, tmp_path, "completed")
    shown = installation.run("get", "agent", "completed", "-o", "yaml").stdout
    said, _, _ = shown.partition("\n")
    file = Path(unquote(urlsplit(said.removeprefix("# yaml-language-server: $schema=")).path))
    assert file.is_relative_to(installation.home)
    schema = json.loads(file.read_text())
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(shown))
    assert json.loads(installation.run("schema", "agent").stdout) == schema
    monkeypatch.setenv("STIGMER_HOME", "/dev/null/nowhere")
    assert editor_line(KINDS[0]) == "", "no line where the schema cannot be kept"


def test_texts_that_look_like_numbers_are_texts_again(installation: Installation, tmp_path: Path) -> None:
    data = {f"V{place}": {"value": text} for place, text in enumerate(["1e3", "0o17", "-1e2", "no"])}
    head = {"apiVersion": "agentic.stigmer.ai/v1", "kind": "Environment", "metadata": {"name": "looks"}}
    file = tmp_path / "looks.json"
    file.write_text(json.dumps({**head, "spec": {"data": data}}))
    assert installation.run("apply", "-f", str(file)).code == 0
    shown = installation.run("get", "environment", "looks", "-o", "yaml").stdout
    assert yaml.safe_load(shown)["spec"]["data"] == data
    again = installation.run("apply", "-f", "-", "-o", "json", stdin=shown)
    assert [each["action"] for each in again.json()["resources"]] == ["unchanged"]


def test_a_whole_list_as_yaml_is_a_manifest_too(installation: Installation, tmp_path: Path) -> None:
    deploy(installation, tmp_path, "listed-a")
    deploy(installation, tmp_path, "listed-b")
    shown = installation.run("get", "agents", "-o", "yaml").stdout
    assert {"listed-a", "listed-b"} <= {each["metadata"]["name"] for each in yaml.safe_load_all(shown)}
    again = installation.run("apply", "-f", "-", "-o", "json", stdin=shown)
    assert {each["action"] for each in again.json()["resources"]} == {"unchanged"}


def test_what_does_not_exist_is_not_found(installation: Installation) -> None:
    for name in ("nobody", "agt-01m84vtjb1p5003pehs82a2bad"):
        for verb in ("get", "delete"):
            done = installation.run(verb, "agent", name)
            assert (done.code, done.stdout) == (4, "")
            assert done.stderr == f"error: agent '{name}' not found\n\nhint: stigmer get agents\n"


def test_an_unknown_kind_lists_the_known_ones(installation: Installation) -> None:
    done = installation.run("get", "teapots")
    assert done.code == 2
    for kind in KINDS:
        assert kind.plural in done.stderr


def test_an_empty_list_says_so_to_people_only(fresh_installation: Installation) -> None:
    table = fresh_installation.run("get", "workflows", "-q")
    assert (table.code, table.stdout) == (0, "")
    assert fresh_installation.run("get", "workflows").stderr == "No workflows found.\n"
    assert fresh_installation.run("get", "workflows", "-o", "json").json() == []
    for output in ("name", "yaml"):
        assert fresh_installation.run("get", "workflows", "-o", output).stdout == ""
    assert fresh_installation.run("env", "list").stderr == "No environments found.\n"


def test_delete_asks_on_a_terminal_and_takes_only_y(installation: Installation, tmp_path: Path) -> None:
    deploy(installation, tmp_path, "asked-about")
    code, screen = installation.run_on_terminal("delete", "agent", "asked-about", typed="n\n")
    assert code == 8
    assert "Delete agent asked-about (agt-" in screen
    assert ") with 1 agent instance? Type y to delete:" in screen
    code, screen = installation.run_on_terminal("delete", "agent", "asked-about", typed="\x04", after="to delete: ")
    assert code == 8
    assert screen.splitlines()[-1] == "Nothing was deleted."
    assert "Type y" not in screen.splitlines()[-1]
    assert installation.run("get", "agent", "asked-about").code == 0
    code, screen = installation.run_on_terminal("delete", "agent", "asked-about", typed="y\n")
    assert code == 0, screen
    assert "✓ Deleted" in screen
    assert installation.run("get", "agent", "asked-about").code == 4


def test_delete_refuses_where_it_cannot_ask(installation: Installation, tmp_path: Path) -> None:
    deploy(installation, tmp_path, "unasked")
    for arguments in ((), ("--no-input",)):
        done = installation.run("delete", "agent", "unasked", *arguments)
        assert done.code == 2
        assert " is not deleted without a yes, and nothing may be asked here\n" in done.stderr
        assert done.stderr.endswith("hint: stigmer delete agent unasked --yes\n")
    code, _ = installation.run_on_terminal("delete", "agent", "unasked", "--no-input")
    assert code == 2
    assert installation.run("delete", "agent", "unasked", "--yes", "-o", "name").stdout == "agent/unasked\n"


def test_the_local_organization_cannot_be_deleted(installation: Installation) -> None:
    done = installation.run("delete", "organization", "local", "--yes", "--force")
    assert done.code == 5
    assert done.stderr.startswith("error: ")
    assert installation.run("get", "org", "local", "-o", "name").stdout == "organization/local\n"


class TestSeveral:
    """Several at a time, by names, labels or files."""

    @pytest.fixture
    def team(self, installation: Installation, tmp_path: Path) -> str:
        """A label that two agents carry, `<team>-a` and `<team>-b`; the second one has the tag `old`."""
        team = unique("team")
        documents = [
            f"""apiVersion: agentic.stigmer.ai/v1
kind: Agent
metadata: {{name: {team}-{letter}, labels: {{team: {team}}}, tags: [{tag}]}}
spec: {{instructions: Answer in one plain sentence.}}
"""
            for letter, tag in (("a", "new"), ("b", "old"))
        ]
        file = tmp_path / "team.yaml"
        file.write_text("---\n".join(documents))
        done = installation.run("apply", "-f", str(file))
        assert done.code == 0, done.stderr
        return team

    def names(self, installation: Installation, *arguments: str) -> list[str]:
        return installation.run("get", "agents", *arguments, "-o", "name").stdout.split()

    def test_labels_and_tags_narrow_a_list(self, installation: Installation, team: str) -> None:
        label = f"team={team}"
        assert self.names(installation, "-l", label) == [f"agent/{team}-b", f"agent/{team}-a"]
        assert self.names(installation, "-l", label, "--tag", "old") == [f"agent/{team}-b"]
        assert self.names(installation, "-l", label, "-l", "tier=1") == []
        nothing = installation.run("get", "agents", "-l", label, "--tag", "none")
        assert (nothing.code, nothing.stderr) == (0, f"No agents with {label} and none found.\n")
        runs = installation.run("get", "executions", "-l", label, "-o", "json")
        assert (runs.code, runs.json()) == (0, [])

    def test_several_are_shown_in_their_order_each_once(self, installation: Installation, team: str) -> None:
        wanted = (f"{team}-b", f"{team}-a", f"{team}-b")
        assert self.names(installation, *wanted) == [f"agent/{team}-b", f"agent/{team}-a"]
        shown = installation.run("get", "agents", *wanted, "-o", "json").json()
        assert [each["metadata"]["slug"] for each in shown] == [f"{team}-b", f"{team}-a"]

    def test_all_that_are_not_there_are_named(self, installation: Installation, team: str) -> None:
        for verb in ("get", "delete"):
            refused = installation.run(verb, "agents", f"{team}-a", "nobody", "no-one")
            assert (refused.code, refused.stdout) == (4, "")
            assert (
                "error: 2 of 3 were not found\n  agent 'nobody' not found\n  agent 'no-one' not found\n"
                in refused.stderr
            )
        assert len(self.names(installation, "-l", f"team={team}")) == 2

    @pytest.mark.parametrize(
        "arguments",
        ["get agents NAME -l a=b", "get agents -l nonsense", "delete agents", "delete", "delete agents -f x"],
    )
    def test_what_makes_no_sense_together_is_refused(self, installation: Installation, arguments: str) -> None:
        assert installation.run(*arguments.split()).code == 2

    def test_those_with_a_label_are_deleted(self, installation: Installation, team: str) -> None:
        done = installation.run("delete", "agents", "-l", f"team={team}", "--yes", "-o", "name")
        assert (done.code, done.stdout.split()) == (0, [f"agent/{team}-b", f"agent/{team}-a"])
        again = installation.run("delete", "agents", "-l", f"team={team}", "--yes")
        assert again.code == 4
        assert again.stderr == (
            f"error: there are no agents with team={team}: nothing was deleted\n\nhint: stigmer get agents\n"
        )

    def test_several_are_asked_about_by_their_number(self, installation: Installation, team: str) -> None:
        arguments = ("delete", "agents", f"{team}-a", f"{team}-b")
        refused = installation.run(*arguments)
        assert refused.code == 2
        assert refused.stderr.endswith(f"hint: stigmer delete agents {team}-a {team}-b --yes\n")
        code, screen = installation.run_on_terminal(*arguments, typed="y\n", after="to delete:")
        assert code == 8
        assert f"  agent/{team}-a" in screen
        assert "Delete 2 resources with 2 agent instances? Type 2 to delete:" in screen
        code, screen = installation.run_on_terminal(*arguments, typed="2\n", after="to delete:")
        assert code == 0, screen
        assert self.names(installation, "-l", f"team={team}") == []

    def test_what_files_declare_is_deleted(self, installation: Installation, team: str, tmp_path: Path) -> None:
        file = str(tmp_path / "team.yaml")
        assert installation.run("delete", "agent", f"{team}-a", "--yes").code == 0
        done = installation.run("delete", "-f", file, "--yes", "-o", "name")
        assert (done.code, done.stdout) == (0, f"agent/{team}-b\n")
        assert done.stderr == f"agent {team}-a is not there.\n"
        assert installation.run("delete", "-f", file, "--yes").code == 4
