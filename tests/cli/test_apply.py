"""`stigmer apply`, as a child process against a real daemon."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.daemon import wait_until
from tests.support.golden import check_golden, transcript
from tests.support.manifests import write_agent, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation


def test_the_first_apply_starts_everything_and_the_second_changes_nothing(
    fresh_installation: Installation, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "greeter", "greeter")

    first = fresh_installation.run("apply", cwd=project)
    assert first.code == 0, first.stderr
    progress = [line for line in first.stderr.splitlines() if line.startswith(("  api: ", "  daemon: ", "  web: "))]
    assert progress
    # Which model will answer is said whenever that is known.
    progress += [line for line in first.stderr.splitlines() if line.startswith(("Using Ollama", "No model yet"))]
    told = "".join(f"{line}\n" for line in first.stderr.splitlines() if line not in progress)
    check_golden("apply_first", transcript("stigmer apply", type(first)(0, first.stdout, told), fresh_installation))

    second = fresh_installation.run("apply", cwd=project)
    check_golden("apply_second", transcript("stigmer apply", second, fresh_installation))


def test_a_dry_run_tells_the_changes_and_makes_none(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "dry-runner")
    created = installation.run("apply", "--dry-run", cwd=project)
    check_golden("dry_run_create", transcript("stigmer apply --dry-run", created, installation))
    assert installation.run("get", "agent", "dry-runner").code == 4

    assert installation.run("apply", cwd=project).code == 0
    write_project(project, "dry-runner", "Answer in one line.\\nBe kind.")
    preview = installation.run("preview", cwd=project)
    check_golden("dry_run_update", transcript("stigmer preview", preview, installation))
    assert preview.stdout == installation.run("apply", "--dry-run", cwd=project).stdout


def test_a_dry_run_names_the_command_that_deploys_the_same(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "my files").mkdir()
    write_agent(tmp_path / "my files" / "a.yaml", "not-yet")
    project = write_project(tmp_path / "p", "not-yet")
    for arguments, command in (
        (("-C", "my files", "-f", "a.yaml"), "stigmer apply -C 'my files' -f a.yaml"),
        (("--config", str(project)), f"stigmer apply --config {project}"),
    ):
        done = installation.run("preview", *arguments, cwd=tmp_path)
        assert done.stderr.splitlines()[-1] == f"  {command}   deploy these changes"


def test_a_long_name_does_not_push_the_next_steps_away(installation: Installation, tmp_path: Path) -> None:
    name = "a-name-that-takes-more-room-than-a-line-has"
    done = installation.run("apply", "-f", str(write_agent(tmp_path / "a.yaml", name)))
    steps = done.stderr.partition("Next steps:\n")[2].splitlines()
    assert steps[0] == f'  stigmer run {name} -m "hello"   run it'
    assert steps[1] == "  stigmer get agents                         see what is deployed"


def test_an_update_is_told_apart(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "told-apart")
    assert "✓ Created" in installation.run("apply", "-f", str(file)).stdout
    write_agent(file, "told-apart", "Answer in two plain sentences.")
    assert "✓ Updated" in installation.run("apply", "-f", str(file)).stdout
    assert installation.run("apply", "-f", str(file)).stdout.endswith("\n\n1 unchanged\n")


def test_json_is_all_that_stdout_gets(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "as-json")
    done = installation.run("apply", "--output", "json", cwd=project)
    found = done.json()
    assert [(each["kind"], each["slug"], each["action"]) for each in found["resources"]] == [
        ("Agent", "as-json", "created"),
        ("Workflow", "as-json-flow", "created"),
    ]
    assert found["summary"] == {"created": 2, "updated": 0, "unchanged": 0, "deleted": 0}
    assert "Deployment successful" in done.stderr


def test_names_and_yaml_are_for_programs_too(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "as-name")
    assert installation.run("apply", "-o", "name", cwd=project).stdout == "agent/as-name\nworkflow/as-name-flow\n"
    assert "action: unchanged\n" in installation.run("apply", "-o", "yaml", cwd=project).stdout


def test_quiet_leaves_the_result_alone(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "quiet-one")
    for arguments in (("--quiet", "apply", "-f", str(file)), ("apply", "-f", str(file), "-q")):
        done = installation.run(*arguments)
        assert done.stderr == ""
        assert "Deployment successful!" in done.stdout


def test_a_directory_can_be_named_in_three_ways(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "three-ways")
    for arguments in (("-C", str(project)), ("--config", str(project)), ("--config", str(project / "Stigmer.yaml"))):
        done = installation.run("apply", *arguments, "-o", "name", cwd=tmp_path)
        assert done.stdout.splitlines()[0] == "agent/three-ways", done.stderr
    nowhere = installation.run("apply", "-C", str(tmp_path / "nowhere"))
    assert (nowhere.code, nowhere.stdout) == (2, "")
    assert "nowhere: No such file or directory" in nowhere.stderr


def test_standard_input_is_a_file_too(installation: Installation, tmp_path: Path) -> None:
    text = write_agent(tmp_path / "a.yaml", "from-stdin").read_text()
    assert installation.run("apply", "-f", "-", "-o", "name", stdin=text).stdout == "agent/from-stdin\n"
    assert "error: no resource in standard input\n" in installation.run("apply", "-f", "-", stdin="").stderr


def test_only_the_organization_local_exists_here(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "nobodys")
    refused = installation.run("apply", "-f", str(file), "--org", "acme")
    assert refused.code == 2
    assert "error: organization 'acme' does not exist on the local backend" in refused.stderr
    assert installation.run("apply", "-f", str(file), "--org", "local").code == 0


def test_two_hundred_bad_fields_are_told_one_by_one_with_their_lines(
    installation: Installation, tmp_path: Path
) -> None:
    single = write_agent(tmp_path / "one.yaml", "NAME", "short").read_text()
    file = tmp_path / "many.yaml"
    file.write_text("---\n".join(single.replace("NAME", f"bad-{number}") for number in range(200)))
    done = installation.run("apply", "-f", str(file), "-o", "json")
    assert done.code == 1
    assert len(done.json()["error"]["violations"]) == 200
    lines = done.stderr.splitlines()
    assert "error: 200 problems in the resources; nothing was deployed" in lines
    told = [line for line in lines if line.startswith(f"  {file}:")]
    assert len(told) == 200
    assert told[1] == f"  {file}:13: agent bad-1: spec.instructions: must be at least 10 characters"
    assert lines[-2:] == ["", "hint: Correct them and run the command again"]
    assert installation.run("get", "agent", "bad-0").code == 4


def test_a_bad_field_of_a_program_is_told_with_the_name_of_the_agent(
    installation: Installation, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "p", "unfit")
    # The SDK would refuse this itself: written past it, as another SDK might.
    (project / "main.py").write_text(
        "import os, pathlib\n"
        "from stigmer_proto.agentic.agent.v1.api_pb2 import Agent\n"
        "agent = Agent(api_version='agentic.stigmer.ai/v1', kind='Agent')\n"
        "agent.metadata.name = 'unfit'\n"
        "agent.spec.instructions = 'short'\n"
        "pathlib.Path(os.environ['STIGMER_OUT_DIR'], 'agent-0.pb').write_bytes(agent.SerializeToString())\n"
    )
    done = installation.run("apply", cwd=project)
    assert done.code == 1
    assert "  agent unfit: spec.instructions: must be at least 10 characters\n" in done.stderr


def test_a_skill_of_the_platform_that_is_not_here_is_a_warning(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "skilled")
    file.write_text(file.read_text() + "  skillRefs:\n    - {kind: skill, slug: juggling, scope: platform}\n")
    done = installation.run("apply", "-f", str(file))
    assert done.code == 0, done.stderr
    assert "warning: Agent skilled: " in done.stderr
    assert "juggling" in done.stderr


def test_resources_too_large_for_one_call_are_refused_by_size(installation: Installation, tmp_path: Path) -> None:
    for number in range(2):
        write_agent(tmp_path / f"{number}.yaml", f"large-{number}", "x" * (6 * 1024 * 1024))
    done = installation.run("apply", "-f", str(tmp_path))
    assert done.code == 1
    assert "error: the resources take 12.0 MiB together, and a call carries at most 10 MiB" in done.stderr
    assert "Deploying" not in done.stderr


def test_a_terminal_sees_glyphs_and_a_pipe_none_of_the_colours(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "coloured")
    code, screen = installation.run_on_terminal("apply", cwd=project)
    assert code == 0
    assert "\x1b[32m✓\x1b[0m Loaded Stigmer.yaml" in screen
    _, plain = installation.run_on_terminal("apply", cwd=project, env={"NO_COLOR": "1"})
    assert "\x1b" not in plain
    assert "✓ Loaded Stigmer.yaml" in plain
    piped = installation.run("apply", cwd=project)
    assert "\x1b" not in piped.stdout + piped.stderr
    assert "Loaded Stigmer.yaml" in piped.stderr.splitlines()


def test_the_start_is_one_moving_line_on_a_terminal(fresh_installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "mover")
    code, screen = fresh_installation.run_on_terminal("apply", "-f", str(file))
    assert code == 0, screen
    assert "\r\x1b[2K" in screen
    assert screen.index("Starting local backend daemon") < screen.index("Daemon started") < screen.index("Connected")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_apply_stops_the_entry_point_and_says_so(
    installation: Installation, tmp_path: Path, number: signal.Signals
) -> None:
    project = write_project(tmp_path / "p", "endless")
    (project / "main.py").write_text(
        "import os, pathlib, time\npathlib.Path('started').write_text(str(os.getpid()))\ntime.sleep(600)\n"
    )
    process = installation.start("apply", cwd=project)
    mark = project / "started"
    wait_until(lambda: mark.exists() and mark.read_text() != "", "the entry point runs")
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stderr.rstrip().endswith("interrupted")
    wait_until(lambda: not is_alive(int(mark.read_text())), "the entry point is gone")


def is_alive(pid: int) -> bool:
    """Whether a process that is not ours to reap still runs."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_entry_points_own_words_go_to_stderr(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "talkative")
    main = project / "main.py"
    main.write_text('print("to stdout")\n' + main.read_text())
    done = installation.run("apply", "-o", "json", cwd=project)
    assert json.loads(done.stdout)["organization"] == "local"
    assert "to stdout" in done.stderr.splitlines()


def test_an_entry_point_that_takes_too_long_is_exit_code_9(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "slow")
    (project / "main.py").write_text("import time\ntime.sleep(600)\n")
    done = installation.run("apply", "--entry-timeout", "0.5", cwd=project)
    assert (done.code, done.stdout) == (9, "")
    assert "error: main.py did not end within 0.5 s" in done.stderr


def test_an_entry_point_that_fails_shows_its_words_once(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "broken")
    (project / "main.py").write_text('raise ValueError("the well is dry")\n')
    done = installation.run("apply", cwd=project)
    assert (done.code, done.stdout) == (1, "")
    said, _, error = done.stderr.partition("error: ")
    assert "\nValueError: the well is dry\n" in said
    assert error.startswith("main.py failed with exit code 1; what it printed stands above\n\nhint: ")


def test_the_message_is_kept_with_the_revision(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "with-reason")
    assert installation.run("apply", "-f", str(file), "--message", "because of rain").code == 0
    stored = installation.run("get", "agent", "with-reason", "-o", "json").json()
    assert stored["metadata"]["version"]["message"] == "because of rain"


def test_without_a_project_the_error_says_what_to_do(installation: Installation, tmp_path: Path) -> None:
    done = installation.run("apply", cwd=tmp_path)
    assert (done.code, done.stdout) == (2, "")
    assert f"error: no Stigmer.yaml in {tmp_path}" in done.stderr
    assert "stigmer new" in done.stderr


def test_a_file_that_is_not_there_is_not_found(installation: Installation, tmp_path: Path) -> None:
    for option in ("-f", "--config"):
        done = installation.run("apply", option, "nowhere.yaml", cwd=tmp_path)
        assert (done.code, done.stdout) == (4, ""), option
        assert "nowhere.yaml: there is no such file" in done.stderr


def test_a_new_project_deploys_as_it_is(installation: Installation, tmp_path: Path) -> None:
    made = installation.run("new", "my-agent", cwd=tmp_path)
    assert made.code == 0, made.stderr
    assert "my-agent/Stigmer.yaml" in made.stdout.splitlines()
    assert made.stderr.endswith('Next steps:\n  cd my-agent\n  stigmer apply\n  stigmer run my-agent -m "hello"\n')
    assert installation.run("apply", "-C", "my-agent", cwd=tmp_path).code == 0
    again = installation.run("new", "my-agent", cwd=tmp_path)
    assert again.code == 2
    assert "not empty" in again.stderr
    as_json = installation.run("new", "other", "-o", "json", cwd=tmp_path).json()
    assert as_json["name"] == "other"
    assert "other/Stigmer.yaml" in as_json["files"]


def test_a_new_project_takes_the_name_of_the_directory_it_is_in(installation: Installation, tmp_path: Path) -> None:
    here = tmp_path / "Tea House"
    here.mkdir()
    made = installation.run("new", ".", cwd=here)
    assert made.code == 0, made.stderr
    assert made.stderr.startswith("Created project Tea House\n\n")
    assert made.stderr.endswith('Next steps:\n  stigmer apply\n  stigmer run tea-house -m "hello"\n'), made.stderr
    assert "name: Tea House\n" in (here / "Stigmer.yaml").read_text()


def test_a_name_that_loses_letters_is_told_its_slug_once(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "Café Maß 7")
    first = installation.run("apply", "-f", str(file))
    assert first.code == 0
    assert (
        "warning: Agent caf-ma-7: commands call it 'caf-ma-7': a slug cannot hold 'éß'; "
        "choose another one with `metadata.slug`, in programs `slug=`\n"
    ) in first.stderr
    assert "warning: " not in installation.run("apply", "-f", str(file)).stderr
    file.write_text(file.read_text().replace("{name: ", "{slug: cafe, name: "))
    assert "warning: " not in installation.run("apply", "-f", str(file)).stderr
    made = installation.run("new", "Café", cwd=tmp_path)
    assert made.stderr.startswith(
        "Created project Café\nwarning: commands call its agent 'caf': a slug cannot hold 'é'\n"
    )


def test_a_name_that_is_too_long_says_how_to_give_a_slug(installation: Installation, tmp_path: Path) -> None:
    done = installation.run("apply", "-f", str(write_agent(tmp_path / "a.yaml", "x" * 64)))
    assert done.code == 1
    assert "metadata.slug: must have at most 63 characters, got 64; the name makes this one: shorten it, or set" in (
        done.stderr
    )
