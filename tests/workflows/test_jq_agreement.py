"""What the Python evaluator answers is what jq answers."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.workflows.expressions import JqProcess, Scope
from apps.workflows.expressions.errors import EvaluationFailed, NotPure
from apps.workflows.expressions.lexer import program_text, tokenize
from apps.workflows.expressions.program import compile_program
from apps.workflows.values import Json

NAMES = st.sampled_from(["a", "b", "c", "type", "n"])
EXACT = 2**53
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.integers(-EXACT, EXACT)
    | st.floats(-1e6, 1e6, allow_nan=False).filter(lambda number: number != 0 or math.copysign(1, number) > 0)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
    | st.sampled_from(["", "a", "b", "true", "5"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, min_size=2, max_size=5)

LITERALS = st.one_of(
    st.integers(-100, 100).map(str),
    st.sampled_from(["true", "false", "null", "1.5", "2.0", "1e3", ".5", "9007199254740993", '"a"', "'b'", '""']),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4).map(json.dumps),
)
PATHS = st.lists(
    st.one_of(
        NAMES.map(lambda name: f".{name}"),
        NAMES.map(lambda name: f'["{name}"]'),
        NAMES.map(lambda name: f'."{name}"'),
        st.integers(-3, 3).map(lambda index: f"[{index}]"),
        NAMES.map(lambda name: f"[.{name}]"),
    ),
    min_size=1,
    max_size=3,
).map("".join)
ROOTED = st.one_of(
    PATHS.map(lambda path: path if path.startswith(".") else f".{path}"),
    PATHS.map(lambda path: f"$context{path}"),
    NAMES.map(lambda name: f"${name}"),
    st.just("."),
)
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "and", "or", "//", "|"]
PROGRAMS = st.recursive(
    ROOTED | LITERALS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(" ".join),
        inner.map(lambda program: f"({program})"),
        inner.map(lambda program: f"({program}) | not"),
        inner.map(lambda program: f"({program}) | length"),
        inner.map(lambda program: f"({program}) | tostring"),
        inner.map(lambda program: f"-({program})"),
        st.tuples(inner, inner).map(lambda pair: f'"\\({pair[0]}) and \\({pair[1]})"'),
    ),
    max_leaves=5,
)


def canonical(value: Json) -> Json:
    """Numbers compare by value, and true is not 1."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float):
        return ("number", float(value))
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return {key: canonical(item) for key, item in value.items()} if isinstance(value, dict) else value


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=PROGRAMS, document=DOCUMENTS)
def test_where_python_answers_jq_answers_the_same(
    program: str, document: dict[str, Json], evaluator: JqProcess
) -> None:
    compiled = compile_program(program)
    scope = Scope(bag=document, dot=document)
    if compiled.pure is None:
        return
    try:
        found = compiled.pure(document, scope)
    except NotPure:
        return
    theirs = compiled._evaluate_in_jq(scope, evaluator)
    assert canonical(json.loads(json.dumps(found))) == canonical(theirs)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=PROGRAMS, document=DOCUMENTS)
def test_reading_a_program_does_not_change_it(program: str, document: dict[str, Json], evaluator: JqProcess) -> None:
    """What jq is given after tokenizing means what was written (single quotes aside)."""
    if "'" in program or "$" in program:
        return
    text = json.dumps(document)
    assert outcome(evaluator, program_text(program, tokenize(program)), text) == outcome(evaluator, program, text)


def outcome(evaluator: JqProcess, program: str, document: str) -> Json:
    try:
        return canonical(evaluator.evaluate(program, document))
    except EvaluationFailed:
        return "failed"


def test_a_long_program_is_evaluated_all_the_same(evaluator: JqProcess) -> None:
    assert compile_program(" + ".join(["1"] * 3000)).evaluate(Scope(bag={}, dot={}), evaluator) == 3000


@pytest.mark.parametrize(
    "program",
    [
        ".a.b == 1 and .c",
        '$context["a"].b // "none"',
        '"x \\(.a.b) y" + "z"',
        "(.a.b + 1) * 2 - 3 % 2",
        ".a | .b | not",
        ".a-b.c",
    ],
)
def test_common_programs_never_leave_python(program: str) -> None:
    assert compile_program(program).pure is not None
