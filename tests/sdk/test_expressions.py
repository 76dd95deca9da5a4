"""Python operators write jq."""

from collections.abc import Callable
from typing import Any

import pytest
from stigmer import DefinitionError, Expression, Workflow, data, env_var, jq, literal, secret

item = data["item"]
other = data.other


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (data, "${.}"),
        (item.id, "${.item.id}"),
        (item["pull request"], '${ .item["pull request"] }'),
        (data["pull request"].x, '${ .["pull request"].x }'),
        (item[0].id, "${ .item[0].id }"),
        (item[-1], "${ .item[-1] }"),
        (item[1:3], "${ .item[1:3] }"),
        (item[:2], "${ .item[:2] }"),
        (item[data.index], "${ .item[.index] }"),
        (secret("API_KEY"), "${.secrets.API_KEY}"),
        (env_var("REGION"), "${.env_vars.REGION}"),
        (jq("now | todate"), "${ now | todate }"),
        (literal("costs ${5}"), '${ "costs ${5}" }'),
        (item == "x", '${ .item == "x" }'),
        (item != None, "${ .item != null }"),  # noqa: E711 - jq's null
        (item.n < 3, "${ .item.n < 3 }"),
        (item.n <= 3.5, "${ .item.n <= 3.5 }"),
        (item.n > True, "${ .item.n > true }"),
        (item.n > 3, "${ .item.n > 3 }"),
        (item.n >= other, "${ .item.n >= .other }"),
        (item + 1, "${ .item + 1 }"),
        (1 + item, "${ 1 + .item }"),
        (10 - item, "${ 10 - .item }"),
        (item - (other - 1), "${ .item - (.other - 1) }"),
        (item - other - 1, "${ .item - .other - 1 }"),
        ((item + 1) * 2, "${ (.item + 1) * 2 }"),
        (2 * item, "${ 2 * .item }"),
        (item / (other / 2), "${ .item / (.other / 2) }"),
        (100 / item, "${ 100 / .item }"),
        (item % 2 == 0, "${ .item % 2 == 0 }"),
        (10 % item, "${ 10 % .item }"),
        (-item, "${ 0 - .item }"),
        (-item * 2, "${ (0 - .item) * 2 }"),
        ((item > 1) & (other < 2), "${ .item > 1 and .other < 2 }"),
        ((item > 1) | (other < 2) & (other > 0), "${ .item > 1 or .other < 2 and .other > 0 }"),
        (((item > 1) | (other < 2)) & (other > 0), "${ (.item > 1 or .other < 2) and .other > 0 }"),
        (True & (item > 1), "${ true and .item > 1 }"),
        (False | (item > 1), "${ false or .item > 1 }"),
        (~(item == 1), "${ .item == 1 | not }"),
        (~item & other, "${ (.item | not) and .other }"),
        ((item == 1) == (other == 2), "${ (.item == 1) == (.other == 2) }"),
        (item.name.or_else("nobody"), '${ .item.name // "nobody" }'),
        (item.name.or_else("nobody") == "x", '${ (.item.name // "nobody") == "x" }'),
        (item.title.contains("fix"), '${ .item.title | contains("fix") }'),
        (item.title.startswith("feat:"), '${ .item.title | startswith("feat:") }'),
        (item.title.endswith("!"), '${ .item.title | endswith("!") }'),
        (item.title.matches("^v[0-9]"), '${ .item.title | test("^v[0-9]") }'),
        (item.title.split(","), '${ .item.title | split(",") }'),
        (item.tags.join(", "), '${ .item.tags | join(", ") }'),
        (item.tags.length() > 2, "${ (.item.tags | length) > 2 }"),
        (item.title.lower(), "${ .item.title | ascii_downcase }"),
        (item.title.upper(), "${ .item.title | ascii_upcase }"),
        (item.tags.pipe("map(.name)")[0], "${ (.item.tags | map(.name))[0] }"),
        (item == [other.length(), 3], "${ .item == [(.other | length), 3] }"),
        (item == [other.or_else(1), 3], "${ .item == [.other // 1, 3] }"),
        (item.tags.contains(["a", other]), '${ ["a", .other] as $value | .item.tags | contains($value) }'),
        (item.title.contains(other.word), "${ .other.word as $value | .item.title | contains($value) }"),
        (
            item.title.split(other.a).join(other.b),
            "${ .other.b as $value | (.other.a as $value | .item.title | split($value)) | join($value) }",
        ),
        (item == {"a": [1, other], "b": other + 1}, '${ .item == {"a": [1, .other], "b": (.other + 1)} }'),
        (item == 'a "quoted" \\(word)', '${ .item == "a \\"quoted\\" \\\\(word)" }'),
        (item == "größer", '${ .item == "größer" }'),
    ],
    ids=str,
)
def test_an_operator_becomes_jq(expression: Expression, text: str) -> None:
    assert str(expression) == text


def test_a_result_of_a_task_is_found_under_its_name(wf: Workflow) -> None:
    fetch = wf.http_get("fetch", "https://example.com")
    assert str(fetch["body"].title == "x") == '${ $context["fetch"].body.title == "x" }'
    assert str(fetch.output) == f"{fetch}" == str(fetch) == '${ $context["fetch"] }'
    assert str(data.x == fetch) == '${ .x == $context["fetch"] }'
    assert str(fetch == 3) == '${ $context["fetch"] == 3 }'
    assert str(fetch != 3) == '${ $context["fetch"] != 3 }'


def test_the_input_of_the_run(wf: Workflow) -> None:
    assert str(wf.input["repo"]) == str(wf.input.repo) == "${ $input.repo }"


def test_an_argument_that_means_the_same_everywhere_needs_no_binding(wf: Workflow) -> None:
    assert str(item.title.contains(wf.input.word)) == "${ .item.title | contains($input.word) }"


def refuse_bool() -> object:
    return bool(item == 1)


def refuse_and() -> object:
    return (item == 1) and (other == 2)


def refuse_in() -> object:
    return 1 in item


def refuse_list_membership() -> object:
    return item in ["a", "b"]


def refuse_length() -> object:
    return len(item)


def refuse_method() -> object:
    strip: Any = item.strip
    return strip()


def refuse_task_as_condition() -> object:
    return bool(Workflow("w").wait("pause", 1))


def refuse_expression_as_key() -> object:
    return item == {item.name: 1}


def refuse_loop() -> object:
    return list(item)


def refuse_format() -> object:
    return f"{item:>10}"


def refuse_bytes() -> object:
    return item == b"x"


def refuse_infinity() -> object:
    return item == float("inf")


def refuse_large_number() -> object:
    return item == 2**60


@pytest.mark.parametrize(
    ("attempt", "complaint"),
    [
        (refuse_bool, "combine with & | ~"),
        (refuse_and, "combine with & | ~"),
        (refuse_in, "use .contains()"),
        (refuse_list_membership, "combine with & | ~"),
        (refuse_loop, "use wf.for_each"),
        (refuse_length, "use .length()"),
        (refuse_task_as_condition, "combine with & | ~"),
        (refuse_expression_as_key, "a key of a value must be a string, not Expression"),
        (refuse_format, "the format '>10'"),
        (refuse_bytes, "must be JSON, a task or an expression, not bytes"),
        (refuse_infinity, "JSON has no such number"),
        (refuse_large_number, "give it as a string"),
    ],
)
def test_what_python_would_do_at_once_is_refused(attempt: Callable[[], Any], complaint: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        attempt()
    assert complaint in str(caught.value)
    assert caught.value.place.line == attempt.__code__.co_firstlineno + 1


def test_what_is_no_method_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"\$\{\.item\.strip\} has no value .* no such method, use \.pipe\(\)"):
        refuse_method()


def test_names_of_secrets_are_checked() -> None:
    with pytest.raises(DefinitionError, match=r'secret: name "api-key" must be letters'):
        secret("api-key")


def test_dunder_attributes_are_not_taken_for_fields() -> None:
    assert not hasattr(item, "__deepcopy__")
    assert len({item, other, item}) == 2
