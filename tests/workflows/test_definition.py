"""Definitions are read forgivingly and judged completely."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.workflows.definition import InvalidDefinition
from apps.workflows.expressions import JqProcess
from apps.workflows.parsing import parse_definition, unsupported_tasks
from apps.workflows.steps import TABLE
from apps.workflows.values import Json

SET = {"name": "s", "kind": "SET", "task_config": {"variables": {"a": "1"}}}

HTTP_FIELDS = ("method", "endpoint", "headers", "body", "timeout_seconds", "retry")


def http(**changes: Json) -> Json:
    return {
        "name": "h",
        "kind": "HTTP_CALL",
        "task_config": {"method": "GET", "endpoint": {"uri": "http://x"}} | changes,
    }


def agent(**changes: Json) -> Json:
    return {"name": "a", "kind": "AGENT_CALL", "task_config": {"agent": "a", "message": "m"} | changes}


def problems(*tasks: Json, evaluator: JqProcess | None = None) -> list[str]:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition({"tasks": list(tasks)}, evaluator)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("kind", ["SET", "WORKFLOW_TASK_KIND_SET", 1, 1.0])
def test_a_kind_is_its_name_or_its_number(kind: Json) -> None:
    (task,) = parse_definition({"tasks": [SET | {"kind": kind}]}).tasks
    assert task.kind == "SET"


def test_every_kind_of_the_contract_has_its_number() -> None:
    assert list(TABLE) == (
        "SET HTTP_CALL GRPC_CALL CALL_ACTIVITY SWITCH FOR FORK TRY LISTEN WAIT RAISE RUN AGENT_CALL".split()  # noqa: SIM905
    )


def test_key_casing_and_floats_make_no_difference() -> None:
    snake = {
        "name": "loop",
        "kind": "FOR",
        "task_config": {"each": "i", "in": "${.l}", "do": [http(timeout_seconds=5)]},
    }
    camel = {
        "name": "loop",
        "kind": "WORKFLOW_TASK_KIND_FOR",
        "taskConfig": {
            "each": "i",
            "in": "${.l}",
            "do": [
                {
                    "name": "h",
                    "kind": 2.0,
                    "taskConfig": {"timeoutSeconds": 5.0, "method": "GET", "endpoint": {"uri": "http://x"}},
                }
            ],
        },
    }
    assert parse_definition({"tasks": [snake]}) == parse_definition({"tasks": [camel]})


def test_defaults_may_be_left_out_or_zero() -> None:
    written, zero = parse_definition({"tasks": [http()]}), parse_definition({"tasks": [http(timeout_seconds=0)]})
    assert written == zero
    (task,) = written.tasks
    assert (task.export, task.then) == (None, "continue")
    assert vars(task.config)["timeout_seconds"] == 30


def test_every_problem_is_found_at_once_with_its_path() -> None:
    assert problems(
        http(endpoint={"uri": "ftp://x"}, timeout_seconds=301, method="HEAD", surprise=1),
        {"name": "", "kind": "DANCE", "task_config": {}},
        SET | {"flow": {"then": "nowhere"}, "task_config": {"variables": {"b": "${ .a | env }", "secrets": "x"}}},
        SET | {"kind": "WAIT", "task_config": {"seconds": 1.5}},
        {
            "name": "sw",
            "kind": "SWITCH",
            "task_config": {"cases": [{"name": "c", "then": "h"}, {"when": "${", "then": "x"}]},
        },
    ) == [
        f"spec.tasks[0].task_config.surprise: unknown field; known are {', '.join(HTTP_FIELDS)}",
        "spec.tasks[0].task_config.endpoint.uri: must begin with http:// or https://, got ftp://x",
        "spec.tasks[0].task_config.method: must be one of GET, POST, PUT, DELETE, PATCH, got HEAD",
        "spec.tasks[0].task_config.timeout_seconds: must be between 1 and 300, got 301",
        "spec.tasks[1].name: is required",
        f"spec.tasks[1].kind: unknown kind DANCE; known are {', '.join(TABLE)}",
        "spec.tasks[2].task_config.variables.secrets: secrets is a reserved name",
        "spec.tasks[2].task_config.variables.b: expression `.a | env`: `env` cannot be used in a workflow",
        "spec.tasks[3].task_config.seconds: must be a whole number",
        "spec.tasks[4].task_config.cases[1].name: is required",
        "spec.tasks[4].task_config.cases[1].when: expression `${`: the closing `}` is missing",
        "spec.tasks[4].task_config.cases[0]: a case without `when` is the default and must be the last",
        "spec.tasks[3].name: another task of this list is called s too",
        "spec.tasks[2].flow.then: no task nowhere in this list; there are h, s, sw, or continue, exit, end",
        "spec.tasks[4].task_config.cases[1].then: no task x in this list; there are h, s, sw, or continue, exit, end",
    ]


@pytest.mark.parametrize(
    ("task", "problem"),
    [
        ("text", ": must be an object, this is of type string"),
        ({"kind": "SET", "task_config": {"variables": {}}}, ".name: is required"),
        (SET | {"kind": None}, ".kind: is required"),
        (SET | {"kind": 0}, ".kind: unknown kind 0"),
        (SET | {"kind": 14}, ".kind: unknown kind 14"),
        (SET | {"name": "secrets"}, ".name: secrets is a reserved name"),
        (SET | {"name": "end"}, ".name: end is a reserved name"),
        (SET | {"task_config": None}, ".task_config: is required"),
        (SET | {"task_config": []}, ".task_config: must be an object, this is of type array"),
        (
            SET | {"task_config": {"variables": {"a": [1]}}},
            ".task_config.variables.a: must be text, this is of type array",
        ),
        (SET | {"export": {"as": ""}}, ".export.as: is required"),
        (SET | {"export": {"as": "${ .a"}}, ".export.as: expression `${ .a`: the closing `}` is missing"),
        (http(body="text"), ".task_config.body: must be an object"),
        (http(body={"a": ["${"]}), ".task_config.body: expression `${`: the closing `}` is missing"),
        (
            http(body={}, headers={"content-type": "text/csv"}),
            ".task_config.headers.content-type: a body cannot be written as text/csv",
        ),
        (http(endpoint=None), ".task_config.endpoint: is required"),
        (http(endpoint={}), ".task_config.endpoint.uri: is required"),
        (http(headers={"X": None, "Y": "${"}), ".task_config.headers.Y: expression `${`: the closing `}` is missing"),
        (http(timeout_seconds=True), ".task_config.timeout_seconds: must be a whole number"),
        (SET | {"kind": "WAIT", "task_config": {}}, ".task_config.seconds: is required"),
        (
            SET | {"kind": "FOR", "task_config": {"each": "i", "in": "${.x}"}},
            ".task_config.do: needs at least 1, got 0",
        ),
        (
            SET | {"kind": "FOR", "task_config": {"each": "a b", "in": "${.x}", "do": [SET]}},
            ".task_config.each: a b cannot be the name of a loop variable",
        ),
        (
            SET | {"kind": "TRY", "task_config": {"try": [SET], "catch": {"as": "env_vars", "do": [SET]}}},
            ".task_config.catch.as: env_vars is a reserved name",
        ),
        (
            SET | {"kind": "TRY", "task_config": {"try": [SET | {"kind": "X"}], "catch": {"do": []}}},
            ".task_config.catch.do: needs at least 1, got 0",
        ),
        (SET | {"kind": "RAISE", "task_config": {"error": "E"}}, ".task_config.message: is required"),
        (SET | {"kind": "SWITCH", "task_config": {"cases": []}}, ".task_config.cases: needs at least 1, got 0"),
        (agent(agent="x" * 64), ".task_config.agent: must have at most 63 characters, it has 64"),
        (
            agent(scope="universe"),
            ".task_config.scope: must be one of platform, organization, identity_account, got universe",
        ),
        (agent(config={"timeout": 4000}), ".task_config.config.timeout: must be between 1 and 3600, got 4000"),
        (agent(config={"temperature": 2}), ".task_config.config.temperature: must be a number between 0 and 1"),
        (
            SET | {"kind": "FORK", "task_config": {"branches": [{"name": "b", "do": [SET]}]}},
            ".task_config.branches: needs at least 2, got 1",
        ),
        (SET | {"kind": "LISTEN", "task_config": {}}, ".task_config.to: is required"),
        (SET | {"kind": "GRPC_CALL", "task_config": {"service": "s"}}, ".task_config.method: is required"),
        (SET | {"kind": "RUN", "task_config": {}}, ".task_config.workflow: is required"),
        (SET | {"kind": "CALL_ACTIVITY", "task_config": {}}, ".task_config.activity: is required"),
    ],
)
def test_a_problem_names_its_field(task: Json, problem: str) -> None:
    assert any(found.startswith(f"spec.tasks[0]{problem}") for found in problems(task)), problems(task)


def test_a_workflow_has_tasks() -> None:
    assert problems() == ["spec.tasks: needs at least 1, got 0"]


def test_tasks_cannot_be_nested_without_end() -> None:
    task: Json = SET
    for _ in range(30):
        task = {"name": "n", "kind": "TRY", "task_config": {"try": [task]}}
    assert any("nested more than 20 levels" in problem for problem in problems(task))


def test_jq_judges_expressions_when_asked(evaluator: JqProcess) -> None:
    task = SET | {"task_config": {"variables": {"a": "${ .a | nothing }"}}}
    parse_definition({"tasks": [task]})
    assert problems(task, evaluator=evaluator) == [
        "spec.tasks[0].task_config.variables.a: expression `.a | nothing`: nothing/0 is not defined"
    ]


def test_tasks_that_cannot_run_are_named_wherever_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE, "CALL_ACTIVITY", replace(TABLE["CALL_ACTIVITY"], run=None))
    branch = {
        "name": "one",
        "do": [SET | {"kind": "CALL_ACTIVITY", "task_config": {"activity": "a"}}],
    }
    definition = parse_definition(
        {
            "tasks": [
                {"name": "f", "kind": "FORK", "task_config": {"branches": [branch, {"name": "two", "do": [SET]}]}},
                SET,
                {
                    "name": "r",
                    "kind": "TRY",
                    "task_config": {
                        "try": [SET],
                        "catch": {"do": [{"name": "c", "kind": "CALL_ACTIVITY", "task_config": {"activity": "a"}}]},
                    },
                },
            ]
        }
    )
    assert [str(task) for task in unsupported_tasks(definition)] == [
        "spec.tasks[0].task_config.branches[0].do[0]: task s of kind CALL_ACTIVITY cannot be run by this version",
        "spec.tasks[2].task_config.catch.do[0]: task c of kind CALL_ACTIVITY cannot be run by this version",
    ]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["${", "${.a}", "FOR", "TRY"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "kind",
                    "task_config",
                    "variables",
                    "do",
                    "in",
                    "each",
                    "cases",
                    "when",
                    "then",
                    "try",
                    "catch",
                    "flow",
                    "export",
                    "as",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(spec=st.fixed_dictionaries({"tasks": JSON}))
def test_nothing_written_breaks_the_parser(spec: dict[str, Json]) -> None:
    assert all(problem.startswith("spec.tasks") for problem in found(spec))


def found(spec: dict[str, Json]) -> list[str]:
    """The problems of a definition, if any."""
    try:
        parse_definition(spec)
    except InvalidDefinition as invalid:
        return [str(problem) for problem in invalid.problems]
    return []


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (0.0, 'number; write "0" for a text or "${ 0 }" for the value itself'),
        (True, 'boolean; write "true" for a text or "${ true }" for the value itself'),
        (None, 'null; write "" for a text or "${ null }" for the value itself'),
        ([1.0], 'array; write "${ [1] }" for the value itself'),
    ],
)
def test_a_variable_that_is_no_text_is_refused_with_the_way_out(value: Json, complaint: str) -> None:
    tasks = [{"name": "s", "kind": "SET", "task_config": {"variables": {"count": value}}}]
    with pytest.raises(InvalidDefinition) as invalid:
        parse_definition({"tasks": tasks})
    path = "spec.tasks[0].task_config.variables.count"
    assert [str(problem) for problem in invalid.value.problems] == [
        f"{path}: must be text, this is of type {complaint}"
    ]


@pytest.mark.parametrize(
    ("value", "complaint"),
    [(2.0, 'number; write "2" for a text'), (None, 'null; write "" for a text'), ({"a": 1}, "object")],
)
def test_a_header_that_is_no_text_is_refused_with_the_way_out(value: Json, complaint: str) -> None:
    config = {"method": "GET", "endpoint": {"uri": "http://x"}, "headers": {"X-Version": value}}
    with pytest.raises(InvalidDefinition) as invalid:
        parse_definition({"tasks": [{"name": "h", "kind": "HTTP_CALL", "task_config": config}]})
    path = "spec.tasks[0].task_config.headers.X-Version"
    assert [str(problem) for problem in invalid.value.problems] == [
        f"{path}: must be text, this is of type {complaint}"
    ]
