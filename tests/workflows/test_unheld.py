"""Secrets and variables that nobody gave, however an expression comes to them."""

import pytest

from apps.workflows.expressions import ExpressionError, JqProcess, Scope, compile_template
from apps.workflows.secrets import placeholders
from apps.workflows.values import Json
from tests.workflows.scripted import NONCE

BAG: dict[str, Json] = {"name": "PORT", "list": [1], "fetch": {"secrets": {"KEY": "k"}}, "env_vars": {"PORT": "80"}}
WITHOUT = "nobody gave a value for .{}, which it reads"


@pytest.fixture
def scope() -> Scope:
    return Scope(bag=BAG, dot=BAG, secrets=placeholders(["KEY"], NONCE), nonce=NONCE)


@pytest.mark.parametrize(
    "text",
    [
        "$secrets | .GONE",
        ".secrets | .GONE",
        '.secrets | .["GONE"]',
        "(.secrets).GONE",
        '.["secrets"].GONE',
        '.["sec" + "rets"].GONE',
        '.secrets["GO" + "NE"]',
        'getpath(["secrets", "GONE"])',
        ". as $all | $all.secrets.GONE",
        ".secrets as {GONE: $gone} | $gone",
        ". | .secrets.GONE",
        "def it: .GONE; .secrets | it",
        '"GONE" as $name | .secrets[$name]',
        '.secrets | "\\(.GONE) and \\(.KEY)"',
        "[.list[] | {a: ., b: .}] | length as $n | $secrets | .GONE",
    ],
)
def test_what_nobody_gave_is_no_null(text: str, scope: Scope, evaluator: JqProcess) -> None:
    for holder in ("secrets", "env_vars"):
        program = text.replace('sec" + "rets', 'env_" + "vars') if holder == "env_vars" else text
        program = program.replace("secrets", holder).replace(".KEY", ".PORT" if holder == "env_vars" else ".KEY")
        with pytest.raises(ExpressionError) as caught:
            compile_template(f"${{ {program} }}").evaluate(scope, evaluator)
        assert str(caught.value).endswith(WITHOUT.format(f"{holder}.GONE"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$secrets | .PORT", "it reads .secrets.PORT, and its value is not given as a secret"),
        (".secrets[.name]", "it reads .secrets.PORT, and its value is not given as a secret"),
        (".env_vars | .KEY", "it reads .env_vars.KEY, and its value is a secret"),
        ('getpath(["env_vars", "KEY"])', "it reads .env_vars.KEY, and its value is a secret"),
    ],
)
def test_what_was_given_as_the_other_is_no_null(text: str, said: str, scope: Scope, evaluator: JqProcess) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_template(f"${{ {text} }}").evaluate(scope, evaluator)
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$env_vars | .PORT", "80"),
        (".env_vars | .GONE // 1", 1),
        (".env_vars | .GONE?", None),
        (".env_vars | to_entries", [{"key": "PORT", "value": "80"}]),
        (".env_vars | keys", ["PORT"]),
        (".secrets | length", 1),
        (".env_vars", {"PORT": "80"}),
        (".fetch.secrets.GONE", None),
        (".fetch.secrets | .KEY", "k"),
        (".list | map(.)", [1]),
        (".GONE | .secrets", None),
    ],
)
def test_what_is_there_or_may_be_missing_is_what_it_was(
    text: str, value: Json, scope: Scope, evaluator: JqProcess
) -> None:
    assert compile_template(f"${{ {text} }}").evaluate(scope, evaluator) == value
