"""Resource files: every form that is accepted, and every complaint with file, line, column and field path."""

from __future__ import annotations

import io
import json
import os
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from stigmer_proto.agentic.agent.v1.api_pb2 import Agent
from stigmer_proto.agentic.workflow.v1.api_pb2 import Workflow

from apps.backends.kinds import DECLARED, KINDS
from cli.project.errors import DependencyCycle, DuplicateSlug, InvalidResources, NoResources, UnreadableFile
from cli.project.yaml_files import api_version, load_files
from tests.cli.project.projects import complaint

if TYPE_CHECKING:
    from pathlib import Path

    from apps.backends.kinds import Kind
    from cli.project.discovery import Discovery

HEAD = "apiVersion: agentic.stigmer.ai/v1\nkind: Agent\nmetadata: {name: Bot}\n"
WORKFLOW = "apiVersion: agentic.stigmer.ai/v1\nkind: Workflow\nmetadata: {name: Flow}\n"
SPEC = "spec:\n  instructions: You are a helpful bot.\n"
AGENT = HEAD + SPEC


def load(directory: Path, text: str, name: str = "a.yaml") -> Discovery:
    file = directory / name
    file.write_text(text)
    return load_files([str(file)])


def load_agent(directory: Path, text: str) -> Agent:
    (found,) = load(directory, text).resources
    return Agent.FromString(found.data)


def load_config(directory: Path, config: str) -> object:
    """What a task_config comes to, as JSON."""
    text = WORKFLOW + f"spec:\n  tasks:\n    - name: t\n      kind: SET\n      taskConfig: {config}\n"
    (found,) = load(directory, text).resources
    fields = Workflow.FromString(found.data).spec.tasks[0].task_config
    return {key: _json(fields[key]) for key in fields}


def _json(value: object) -> object:
    """Struct and ListValue as dict and list."""
    if hasattr(value, "fields"):
        return {key: _json(value[key]) for key in value}  # type: ignore[index,attr-defined]  # a Struct
    if hasattr(value, "values"):
        return [_json(item) for item in value]  # type: ignore[attr-defined]  # a ListValue
    return value


def violations(directory: Path, text: str, name: str = "a.yaml") -> list[str]:
    """The complaints about a file, without its directory."""
    with pytest.raises(InvalidResources) as caught:
        load(directory, text, name)
    return [str(violation).replace(f"{directory}/{name}:", "") for violation in caught.value.violations]


def test_camel_case_and_snake_case_are_one(tmp_path: Path) -> None:
    camel = """
        apiVersion: agentic.stigmer.ai/v1
        kind: Agent
        metadata: {name: Bot, ownerScope: platform, labels: {team: core}, tags: [a, b]}
        spec:
          instructions: Sort incoming tickets.
          iconUrl: http://x/i.png
          mcpServers:
            - name: files
              stdio: {command: npx, args: ["-y"], envPlaceholders: {A: "${A}"}, workingDir: /w}
              enabledTools: [read]
            - name: box
              docker: {image: i, ports: [{hostPort: 1, containerPort: 2}], volumes: [{hostPath: /a, readOnly: true}]}
          skillRefs: [{kind: skill, slug: s, scope: platform}]
          subAgents: [{name: sub, mcpToolSelections: {files: {enabledTools: [read]}}}]
          envSpec: {data: {TOKEN: {isSecret: true}, EMPTY: }}
    """
    snake = camel
    for word in ("apiVersion", "ownerScope", "iconUrl", "mcpServers", "envPlaceholders", "workingDir", "enabledTools",
                 "hostPort", "containerPort", "hostPath", "readOnly", "skillRefs", "subAgents", "mcpToolSelections",
                 "envSpec", "isSecret"):  # fmt: skip
        snake = snake.replace(word, "".join(f"_{c.lower()}" if c.isupper() else c for c in word))
    expected = Agent(
        api_version="agentic.stigmer.ai/v1",
        kind="Agent",
        metadata={
            "name": "Bot",
            "org": "local",
            "owner_scope": "platform",
            "labels": {"team": "core"},
            "tags": ["a", "b"],
        },
        spec={
            "instructions": "Sort incoming tickets.",
            "icon_url": "http://x/i.png",
            "mcp_servers": [
                {
                    "name": "files",
                    "stdio": {
                        "command": "npx",
                        "args": ["-y"],
                        "env_placeholders": {"A": "${A}"},
                        "working_dir": "/w",
                    },
                    "enabled_tools": ["read"],
                },
                {
                    "name": "box",
                    "docker": {
                        "image": "i",
                        "ports": [{"host_port": 1, "container_port": 2}],
                        "volumes": [{"host_path": "/a", "read_only": True}],
                    },
                },
            ],
            "skill_refs": [{"kind": "skill", "slug": "s", "scope": "platform"}],
            "sub_agents": [{"name": "sub", "mcp_tool_selections": {"files": {"enabled_tools": ["read"]}}}],
            "env_spec": {"data": {"TOKEN": {"is_secret": True}, "EMPTY": {}}},
        },
    )
    assert load_agent(tmp_path, dedent(camel)) == expected
    assert load_agent(tmp_path, dedent(snake)) == expected


def test_what_the_server_writes_may_stay_in_the_file(tmp_path: Path) -> None:
    found = load_agent(tmp_path, AGENT + "status: {defaultInstanceId: ain-1, anything: [1]}\n")
    assert not found.HasField("status")


def test_free_form_content_is_kept_as_written(tmp_path: Path) -> None:
    config = '{timeoutSeconds: 5, snake_key: [1.5, null, true, "x", {}, []], "we ird": {on: yes, at: 2026-01-31}}'
    assert load_config(tmp_path, config) == {
        "timeoutSeconds": 5,
        "snake_key": [1.5, None, True, "x", {}, []],
        "we ird": {"on": "yes", "at": "2026-01-31"},
    }


@pytest.mark.parametrize(
    "kind", ["WORKFLOW_TASK_KIND_HTTP_CALL", "HTTP_CALL", "http_call", "http-call", "HttpCall", "2"]
)
def test_an_enum_value_has_many_spellings(tmp_path: Path, kind: str) -> None:
    (found,) = load(tmp_path, WORKFLOW + f"spec: {{tasks: [{{name: t, kind: {kind}}}]}}\n").resources
    assert Workflow.FromString(found.data).spec.tasks[0].kind == 2


def test_anchors_merges_and_block_text_work(tmp_path: Path) -> None:
    text = HEAD + "spec:\n  instructions: &text |\n    Line one.\n    Line two.\n  description: *text\n"
    assert load_agent(tmp_path, text).spec.description == "Line one.\nLine two.\n"


def test_documents_of_all_files_are_deployed_agents_first(tmp_path: Path) -> None:
    below = tmp_path / "below"
    hidden = tmp_path / ".git"
    below.mkdir()
    hidden.mkdir()
    (tmp_path / "z.yml").write_text("---\n" + WORKFLOW + "---\n---\n" + AGENT.replace("Bot", "Zed"))
    (below / "b.json").write_text(json.dumps({**header("Agent"), "metadata": {"name": "Jay 😀"}}))
    (below / "list.json").write_text(json.dumps([{**header("Agent"), "metadata": {"name": name}} for name in "pq"]))
    (below / "Stigmer.yaml").write_text("name: a project, not a resource\n")
    (below / "notes.txt").write_text("a: [")
    (hidden / "x.yaml").write_text("a: [")
    found = load_files([str(tmp_path), str(tmp_path / "z.yml")])
    assert [resource.name for resource in found.resources] == ["Zed", "Jay 😀", "p", "q", "Flow"]
    assert found.counts() == {"agent": 4, "workflow": 1}


def header(kind: str) -> dict[str, str]:
    return {"apiVersion": "agentic.stigmer.ai/v1", "kind": kind}


def test_standard_input_is_one_of_the_files(tmp_path: Path) -> None:
    found = load_files(["-"], stdin=io.BytesIO(AGENT.encode()))
    assert [str(resource.source) for resource in found.resources] == ["standard input:1"]


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe:
        pipe.write(AGENT)
    try:
        assert load_files([f"/dev/fd/{reader}"]).counts() == {"agent": 1}
    finally:
        os.close(reader)


@pytest.mark.parametrize("row", [kind for kind in KINDS if kind.is_declared], ids=lambda row: row.name)
def test_every_declared_kind_can_be_written(tmp_path: Path, row: Kind) -> None:
    (found,) = load(tmp_path, f"apiVersion: {api_version(row)}\nkind: {row.name}\nmetadata: {{name: demo}}\n").resources
    message = row.message_class().FromString(found.data)
    assert (message.kind, message.api_version, message.metadata.name) == (row.name, api_version(row), "demo")
    assert message.metadata.org == ("" if row.name == "Organization" else "local")


def test_another_organization_is_replaced_and_said_so(tmp_path: Path) -> None:
    found = load(tmp_path, AGENT.replace("name: Bot", "name: Bot, org: acme"))
    assert found.resources[0].message.metadata.org == "local"
    said = f"{tmp_path}/a.yaml:1: agent 'Bot' goes to organization 'local', not 'acme'"
    assert found.warnings == (said,)


def test_fields_are_found_again_by_the_servers_paths(tmp_path: Path) -> None:
    servers = "  mcpServers:\n    - name: a\n    - name: b\n      http:\n        url: x\n"
    text = HEAD + "spec:\n" + servers + "  envSpec:\n    data:\n      K: {}\n"
    source = load(tmp_path, text).resources[0].source
    lines = {
        "": 1,
        "metadata.name": 3,
        "spec.instructions": 4,
        "spec.mcp_servers[1]": 7,
        "spec.mcp_servers[1].http.url": 9,
        'spec.env_spec.data["K"].value': 12,
        "spec.mcp_servers[7].name": 5,
    }
    assert {path: source.locate(path) for path in lines} == {
        path: f"{tmp_path}/a.yaml:{line}" for path, line in lines.items()
    }


COMPLAINTS = {
    "spec: {instruction: x}": ['4:8: spec.instruction: unknown field; did you mean "instructions"?'],
    "spec: {zzzz: x}": [
        (
            "4:8: spec.zzzz: unknown field; known are description, icon_url, instructions, mcp_servers, skill_refs, "
            "sub_agents, env_spec"
        )
    ],
    "spec: [a]": ["4:7: spec: must be a mapping, found a list"],
    "spec: {instructions: 5}": ['4:22: spec.instructions: must be text, found the number 5: write "5" in quotes'],
    "spec: {instructions: [a]}": ["4:22: spec.instructions: must be text, found a list"],
    "spec: {mcpServers: {a: b}}": ["4:20: spec.mcp_servers: must be a list, found a mapping"],
    "spec: {mcpServers: [a]}": ["4:21: spec.mcp_servers[0]: must be a mapping, found the text 'a'"],
    "spec: {mcpServers: [{enabledTools: [null]}]}": [
        "4:37: spec.mcp_servers[0].enabled_tools[0]: must be text, found nothing"
    ],
    "spec: {mcpServers: [{http: {timeoutSeconds: '5'}}]}": [
        "4:45: spec.mcp_servers[0].http.timeout_seconds: must be a whole number, found the text '5'"
    ],
    "spec: {mcpServers: [{http: {timeoutSeconds: 3000000000}}]}": [
        (
            "4:45: spec.mcp_servers[0].http.timeout_seconds: "
            "must be a whole number from -2147483648 to 2147483647, found 3000000000"
        )
    ],
    "spec: {envSpec: {data: {A: {isSecret: yes}}}}": [
        "4:39: spec.env_spec.data[\"A\"].is_secret: must be true or false, found the text 'yes'"
    ],
    "spec: {envSpec: {data: {5: {}}}}": ['4:25: a key must be text: write "5" in quotes'],
    "spec: {envSpec: {data: []}}": ["4:24: spec.env_spec.data: must be a mapping, found a list"],
    "spec: {iconUrl: a, icon_url: b}": ["4:20: spec.icon_url: stands here twice, as 'iconUrl' and as 'icon_url'"],
    "spec: {mcpServers: [{stdio: {}, http: {}}]}": [
        "4:33: spec.mcp_servers[0].http: cannot stand beside 'stdio': only one of stdio, http, docker may be set"
    ],
    "spec: {skillRefs: [{kind: skil}]}": [
        "4:27: spec.skill_refs[0].kind: unknown value 'skil'; did you mean \"skill\"?"
    ],
    "spec: {skillRefs: [{scope: [x]}]}": ["4:28: spec.skill_refs[0].scope: must be one name, found a list"],
    "spec: {skillRefs: [{scope: nobody}]}": [
        "4:28: spec.skill_refs[0].scope: unknown value 'nobody'; known are platform, organization, identity_account"
    ],
    "spec: {skillRefs: [{scope: api_resource_owner_scope_unspecified}]}": [
        (
            "4:28: spec.skill_refs[0].scope: unknown value 'api_resource_owner_scope_unspecified'; "
            "known are platform, organization, identity_account"
        )
    ],
    "spec: {}\nspecs: {}": ['5:1: specs: unknown field; did you mean "spec"?'],
}


@pytest.mark.parametrize("text", COMPLAINTS)
def test_a_bad_field_is_named_with_its_place(tmp_path: Path, text: str) -> None:
    assert violations(tmp_path, HEAD + text) == COMPLAINTS[text]


FINITE = "must be a finite number: JSON knows neither NaN nor infinity"
STRUCT_COMPLAINTS = {
    "{a: .nan}": f"8:23: spec.tasks[0].task_config.a: {FINITE}",
    "{a: [-.inf]}": f"8:24: spec.tasks[0].task_config.a[0]: {FINITE}",
    "{a: 1e999}": f"8:23: spec.tasks[0].task_config.a: {FINITE}",
    "{'a b': 9007199254740993}": (
        '8:27: spec.tasks[0].task_config["a b"]: is too large to be kept exactly: write it in quotes'
    ),
    "[1]": "8:19: spec.tasks[0].task_config: must be a mapping, found a list",
}


@pytest.mark.parametrize("config", STRUCT_COMPLAINTS)
def test_what_json_cannot_say_is_refused(tmp_path: Path, config: str) -> None:
    with pytest.raises(InvalidResources) as caught:
        load_config(tmp_path, config)
    assert [str(violation) for violation in caught.value.violations] == [
        f"{tmp_path}/a.yaml:{STRUCT_COMPLAINTS[config]}"
    ]


def nested(levels: int) -> str:
    return "{a: " * levels + "x" + "}" * levels


def test_content_is_refused_where_it_could_not_be_sent(tmp_path: Path) -> None:
    """Protobuf readers stop at 100 messages inside each other; the last level accepted still arrives."""
    deepest = next(levels for levels in range(1, 60) if not arrives(tmp_path, levels + 1))
    assert deepest >= 25
    assert arrives(tmp_path, deepest)
    with pytest.raises(InvalidResources, match="1 problem") as caught:
        load_config(tmp_path, nested(deepest + 1))
    assert caught.value.violations[0].message == "is nested too deeply to be sent"


def arrives(directory: Path, levels: int) -> bool:
    """Whether so many levels are accepted; `load_config` reads them back from the wire."""
    try:
        return load_config(directory, nested(levels)) is not None
    except InvalidResources:
        return False


HEAD_COMPLAINTS = {
    "kind: Agent\nmetadata: {name: a}\n": ["1:1: api_version: is missing: write `apiVersion: agentic.stigmer.ai/v1`"],
    "apiVersion: v2\nkind: Agent\n": ["1:13: api_version: must be agentic.stigmer.ai/v1"],
    "apiVersion: agentic.stigmer.ai/v1\n": ["1:1: kind: is missing; known kinds are KINDS"],
    "kind: agnt\n": ["1:1: kind: unknown kind 'agnt'; did you mean \"Agent\"?"],
    "kind: agent\n": ["1:1: kind: unknown kind 'agent'; did you mean \"Agent\"?"],
    "kind: Deployment\n": ["1:1: kind: unknown kind 'Deployment'; known are KINDS"],
    "apiVersion: agentic.stigmer.ai/v1\nkind: AgentExecution\n": [
        "2:1: kind: AgentExecution cannot be applied: `stigmer run` makes it"
    ],
    "kind: [Agent]\n": ["1:1: kind: must be text, found a list"],
    "hello\n": ["1:1: a resource is a mapping with apiVersion, kind, metadata and spec, found the text 'hello'"],
    "a: b: c\n": ["1:5: this is not YAML: mapping values are not allowed in this context"],
}


@pytest.mark.parametrize("text", HEAD_COMPLAINTS)
def test_a_document_that_is_no_resource_is_refused(tmp_path: Path, text: str) -> None:
    complaints = [line.replace("KINDS", ", ".join(DECLARED)) for line in HEAD_COMPLAINTS[text]]
    assert violations(tmp_path, text) == complaints


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + "spec: {instructions: 1, iconUrl: 2}\n---\nkind: Agnt\n")
    (tmp_path / "b.yaml").write_text("a: [\n")
    (tmp_path / "c.yaml").write_text(HEAD + "spec: {nope: 1}\n")
    assert complaint(lambda: load_files([str(tmp_path)]), tmp_path, InvalidResources) == (
        "error: 5 problems in the resource files; nothing was deployed\n"
        '  DIR/a.yaml:4:22: spec.instructions: must be text, found the number 1: write "1" in quotes\n'
        '  DIR/a.yaml:4:34: spec.icon_url: must be text, found the number 2: write "2" in quotes\n'
        "  DIR/a.yaml:6:1: kind: unknown kind 'Agnt'; did you mean \"Agent\"?\n"
        "  DIR/b.yaml:2:1: this is not YAML: did not find expected node content "
        "(while parsing a flow node that begins in line 2)\n"
        "  DIR/c.yaml:4:8: spec.nope: unknown field; known are description, icon_url, instructions, mcp_servers, "
        "skill_refs, sub_agents, env_spec\n\n"
        "hint: Correct them and run the command again"
    )


def test_two_hundred_bad_fields_are_two_hundred_complaints(tmp_path: Path) -> None:
    servers = "".join(f"    - {{name: {n}}}\n" for n in range(200))
    assert len(violations(tmp_path, HEAD + "spec:\n  mcpServers:\n" + servers)) == 200


def test_two_documents_with_one_slug_are_both_named(tmp_path: Path) -> None:
    said = complaint(lambda: load(tmp_path, AGENT + "---\n" + AGENT.replace("Bot", "bot")), tmp_path, DuplicateSlug)
    assert said.startswith("error: two agents have the slug 'bot': 'Bot' in DIR/a.yaml:1 and 'bot' in DIR/a.yaml:7\n")


def test_a_file_without_documents_is_no_success(tmp_path: Path) -> None:
    assert complaint(lambda: load(tmp_path, "# nothing yet\n"), tmp_path, NoResources) == (
        "error: no resource in DIR/a.yaml\n\n"
        "hint: A resource is a YAML document with apiVersion, kind, metadata and spec"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    said = complaint(lambda: load_files([str(tmp_path / "x.yaml")]), tmp_path, UnreadableFile)
    assert said == "error: cannot read DIR/x.yaml: there is no such file\n\nhint: Check the path and its permissions"


def test_a_directory_without_resource_files_is_named(tmp_path: Path) -> None:
    assert complaint(lambda: load_files([str(tmp_path)]), tmp_path, UnreadableFile) == (
        "error: cannot read DIR: the directory holds no resource file\n\n"
        "hint: Resource files end in .yaml, .yml or .json"
    )


def test_a_project_file_is_not_a_resource(tmp_path: Path) -> None:
    (tmp_path / "Stigmer.yaml").write_text("name: a\n")
    assert complaint(lambda: load_files([str(tmp_path / "Stigmer.yaml")]), tmp_path, UnreadableFile) == (
        "error: cannot read DIR/Stigmer.yaml: it describes a project, not a resource\n\n"
        "hint: Deploy the project with `stigmer apply -C DIR`"
    )


def test_a_file_over_ten_mebibytes_is_refused(tmp_path: Path) -> None:
    said = complaint(lambda: load(tmp_path, AGENT + "#" * (10 * 1024 * 1024)), tmp_path, UnreadableFile)
    assert said.startswith("error: cannot read DIR/a.yaml: it is larger than 10 MiB\n\nhint: Split it")


def test_standard_input_is_read_once(tmp_path: Path) -> None:
    again = lambda: load_files(["-", "-"], stdin=io.BytesIO(AGENT.encode()))  # noqa: E731
    assert complaint(again, tmp_path, UnreadableFile) == (
        "error: cannot read standard input: it can be read only once\n\nhint: Name `-f -` once"
    )


def flow(name: str, *tasks: str) -> str:
    head = f"apiVersion: agentic.stigmer.ai/v1\nkind: Workflow\nmetadata: {{name: {name}}}\nspec:\n  tasks:\n"
    return head + "".join(f"    - {task}\n" for task in tasks)


RUNS = "{{name: step, kind: {kind}, {config}: {{workflow: {slug}}}}}"


def test_workflows_stand_after_those_that_they_run(tmp_path: Path) -> None:
    inner = RUNS.format(kind="RUN", config="taskConfig", slug="third")
    nested = f"{{name: all, kind: TRY, task_config: {{try: [{inner}]}}}}"
    text = "---\n".join(
        [
            flow("first", nested, RUNS.format(kind="RUN", config="task_config", slug="elsewhere")),
            flow("second", RUNS.format(kind="WORKFLOW_TASK_KIND_RUN", config="task_config", slug="first")),
            flow("third", RUNS.format(kind="RUN", config="task_config", slug="third")),
        ]
    )
    assert [resource.slug for resource in load(tmp_path, text).resources] == ["third", "first", "second"]


def test_workflows_that_run_each_other_in_a_circle_are_refused_with_the_circle(tmp_path: Path) -> None:
    pairs = (("first", "second"), ("second", "third"), ("third", "first"))
    text = "---\n".join(flow(name, RUNS.format(kind="RUN", config="task_config", slug=slug)) for name, slug in pairs)
    said = complaint(lambda: load(tmp_path, text), tmp_path, DependencyCycle)
    assert "workflow:first -> workflow:second -> workflow:third -> workflow:first" in said
