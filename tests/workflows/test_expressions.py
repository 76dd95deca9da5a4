"""Every form the reference lists, by table."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from apps.workflows.errors import ErrorType
from apps.workflows.expressions import (
    ExpressionError,
    JqProcess,
    Scope,
    compile_condition,
    compile_expression,
    compile_template,
)
from apps.workflows.secrets import RunSecrets, mask, placeholders
from apps.workflows.values import Json
from tests.workflows.scripted import NONCE, START

BAG: dict[str, Json] = {
    "fetch": {"title": "T", "state": "open", "n": 3, "tags": ["a", "b"]},
    "fork": {"branches": {"b": {"data": 1}}, "b": {"data": 1}},
    "my-fork": {"branches": {"x-y": {"z": 2}}},
    "item": {"id": 7, "user-id": 9, "env": "field"},
    "error": {"type": ErrorType("CallHTTP error"), "message": "m"},
    "list": [1, 2, 3],
    "count": 3,
    "zero": 0,
    "text": "5",
    "yes": True,
    "env_vars": {"VAR": "v"},
}


@pytest.fixture
def scope() -> Scope:
    return Scope(
        bag=BAG,
        dot=BAG,
        variables={"input": {"x": 5}, "output": "done", "task": {"name": "t"}},
        secrets=placeholders(["KEY"], NONCE),
        nonce=NONCE,
        now=lambda: START,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ('${ $context["fetch"].title }', "T"),
        ("${ $context.fetch.title }", "T"),
        ("${.item.id}", 7),
        ("${.fork.branches.b.data}", 1),
        ("${.fork.b.data}", 1),
        ("${.item.user-id}", 9),
        ("${.my-fork.branches.x-y.z}", 2),
        ('${ .["my-fork"].branches."x-y".z }', 2),
        ("${ .fetch.n-1 }", 2),
        ("${ .count-.fetch.n }", 0),
        ("${.error.message}", "m"),
        ("${.env_vars.VAR}", "v"),
        ("${ $input.x }", 5),
        ("${ $item.id }", 7),
        ("${ $task.name }", "t"),
        ("${ $output }", "done"),
        ("${ $nobody.at.all }", None),
        ("${.nothing.at.all}", None),
        ("${.list[0]}", 1),
        ("${.list[-1]}", 3),
        ("${.list[9]}", None),
        ("${ .list[.fetch.n - 1] }", 3),
        ("${ .list[1:] }", [2, 3]),
        ("${ .fetch.state == 'open' }", True),
        ("${ 'it is \"open\"' }", 'it is "open"'),
        ("${ 'don\\'t' }", "don't"),
        ('${ .fetch.state } == "open"', True),
        ("${ .fetch.state } == 'open'", True),
        ("${ .fetch.n } >= 4", False),
        ("${ .fetch.n } != ${ .count }", False),
        ("${ .fetch.n } == three", "3 == three"),
        ("${ .fetch.n } - ${ .count }", "3 - 3"),
        ("Title: ${ .fetch.title }!", "Title: T!"),
        ("${.fetch.title}${.count}", "T3"),
        ("${.list} ${.nothing} ${.yes} ${.fetch.tags}", '[1,2,3] null true ["a","b"]'),
        ('a } b { ${ {a: "}"} | .a } }', "a } b { } }"),
        ('${ "\\(.count) of \\(.list | length)" }', "3 of 3"),
        ("${ .yes && .count > 2 || false }", True),
        ("${ .missing // 'default' }", "default"),
        ("${ .list | map(. * 2) | add }", 12),
        ("${ .count as $n | [$n, $count] }", [3, 3]),
        ("${ reduce .list[] as $item (0; . + $item) }", 6),
        ("${ def twice: . * 2; .count, .count | twice }", 6),
        ("${ [.count as $a | def f: $a + 1; f, 1] }", [4, 1]),
        ("${ [limit(2; repeat(1))] }", [1, 1]),
        ("${ .list[] }", 1),
        ("${ empty }", None),
        ("${ now | todate }", "2023-11-14T22:13:20Z"),
        ("${ now() }", int(START)),
        ("${ now() - 10 | todate }", "2023-11-14T22:13:10Z"),
        ("${ list.length }", 3),
        ("${list.length + fetch.tags.length}", 5),
        ("seen: ${ list.length }", "seen: 3"),
        ("${ my-fork.branches.length }", 1),
        ("${ list.length > 2 and count.length == 3 }", True),
        ('${ "\\(list.length) of \\(now() | floor)" }', f"3 of {int(START)}"),
        ("${ if list.length > 2 then 'many' else 'few' end }", "many"),
        ("${ {length: list.length} | .length }", 3),
        ("${ nobody.length }", 0),
        ("${ .list | map(. + list.length) }", [4, 5, 6]),
        ("${ 0 | localtime | mktime }", 0),
        ("${ # a comment\n .count }", 3),
        ("${ .list | # comment with }\n length }", 3),
        ("${ {env: 1, input} }", {"env": 1, "input": None}),
        ("${ .item.env }", "field"),
        ('${ "env $ENV input" }', "env $ENV input"),
        ("${ .text } == 5", False),
        ('${ .error.type == "CallHTTP error" }', True),
        ('${ .error.type == "https://serverlessworkflow.io/spec/1.0.0/errors/communication" }', True),
        ('${ .error.type == "CallGRPC error" }', False),
        ('${ .error.type != "*" }', False),
        ('${ .fetch.title == "*" }', False),
    ],
)
def test_a_text_has_its_value(text: str, value: Json, scope: Scope, evaluator: JqProcess) -> None:
    found = compile_template(text).evaluate(scope, evaluator)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ('${ $context["fetch"].state } == "open"', True),
        ("${ .fetch.n } > 2 && ${ .count } < 3", False),
        ('${ .fetch.title } | contains("T")', True),
        ('${ .fetch.title } | startswith("feat:")', False),
        (".count == 3", True),
        ("true", True),
        ("${.yes}", True),
        ("${.nothing}", False),
        ("${. == done}", True),
        ("${. != done}", False),
        ('${. == "done"}', True),
        ("${. == well done}", False),
        ("${. == 5}", False),
        ("${. > 5}", True),
    ],
)
def test_a_condition_holds_or_not(when: str, holds: bool, scope: Scope, evaluator: JqProcess) -> None:
    condition = compile_condition(when)
    over = replace(scope, dot="done") if condition.over_value else scope
    assert condition.holds(over, evaluator) is holds


@pytest.mark.parametrize(
    ("value", "when", "holds"),
    [
        ("5", "${. == 5}", True),
        (5, "${. == 5}", True),
        (5, "${. != 5}", False),
        ("true", "${. == true}", True),
        (None, "${. == null}", True),
        ([1], "${. == 1}", False),
        (12.5, "${. == 12.5}", True),
        ("v1.2/x", "${. == v1.2/x}", True),
    ],
)
def test_a_bare_word_is_number_or_text_as_the_value_is(
    value: Json, when: str, holds: bool, scope: Scope, evaluator: JqProcess
) -> None:
    assert compile_condition(when).holds(replace(scope, dot=value), evaluator) is holds


@pytest.mark.parametrize("when", ["${ .count }", "${ .fetch }", "${ .fetch.title }"])
def test_a_condition_is_true_or_false(when: str, scope: Scope, evaluator: JqProcess) -> None:
    with pytest.raises(ExpressionError, match="must be true or false"):
        compile_condition(when).holds(scope, evaluator)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${", "the closing `}` is missing"),
        ("${ .a", "the closing `}` is missing"),
        ("${ [.a }", "closes nothing"),
        ("${}", "it is empty"),
        ("${ # only a comment\n }", "it is empty"),
        ('${ "a }', 'closing " of a string is missing'),
        ('${ "\\x" }', "not a valid string"),
        ("${ .a ~ .b }", "unexpected character `~` at column 7"),
        ("${ .größe }", "unexpected character `ö`"),
        ("${ env }", "`env` cannot be used"),
        ("${ $ENV.HOME }", "`$ENV` cannot be used"),
        ("${ {a: env} }", "`env` cannot be used"),
        ("${ {(env): 1} }", "`env` cannot be used"),
        ("${ [env] }", "`env` cannot be used"),
        ('${ "\\(env)" }', "`env` cannot be used"),
        ("${ {$ENV} }", "`$ENV` cannot be used"),
        ("${ def env: 1; env }", "`env` cannot be used"),
        ("${ input }", "`input` cannot be used"),
        ("${ [inputs] }", "`inputs` cannot be used"),
        ("${ . | debug }", "`debug` cannot be used"),
        ('${ debug("x") }', "`debug` cannot be used"),
        ("${ stderr }", "`stderr` cannot be used"),
        ("${ halt }", "`halt` cannot be used"),
        ('${ "x" | halt_error }', "`halt_error` cannot be used"),
        ("${ input_filename }", "`input_filename` cannot be used"),
        ("${ $__loc__ }", "`$__loc__` cannot be used"),
        ("${ $__prog_args }", "`$__prog_args` cannot be used"),
        ('${ import "a" as a; 1 }', "`import` cannot be used"),
        ('${ include "a"; 1 }', "`include` cannot be used"),
        ("${ get_search_list }", "`get_search_list` cannot be used"),
        ("${" + "(" * 5000 + "1" + ")" * 5000 + "}", "nested too deeply"),
    ],
)
def test_a_malformed_or_forbidden_expression_does_not_compile(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_template(text)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${ .a | }", "syntax error, unexpected end of file"),
        ("${ (.a | ) }", "syntax error, unexpected ')'"),
        ("${ def f: 1; }", "syntax error, unexpected end of file"),
        ("${ nothing(1) }", "nothing/1 is not defined"),
        ("${ 1 == 1 == 1 }", "syntax error"),
        ("${ .a ) | (.b }", "closes nothing"),
    ],
)
def test_jq_refuses_what_it_cannot_compile(text: str, reason: str, evaluator: JqProcess) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(text, evaluator)
    assert reason in str(caught.value)


def check(text: str, evaluator: JqProcess) -> None:
    for program in compile_template(text).programs():
        program.check(evaluator)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${ .count.x }", 'Cannot index number with string ("x")'),
        ("${ .fetch + 1 }", "cannot be added"),
        ("${ .count / .zero }", "cannot be divided"),
        ('${ error("mine") }', "mine"),
        ("${ .fetch.title | tonumber }", "cannot be parsed as a number"),
    ],
)
def test_an_evaluation_that_fails_says_why(text: str, reason: str, scope: Scope, evaluator: JqProcess) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_template(text).evaluate(scope, evaluator)
    assert reason in str(caught.value)
    assert text[3:-1].strip()[:20] in str(caught.value)


@pytest.mark.parametrize("text", [".list", "${ .list }", "  ${.list}\n"])
def test_an_expression_needs_no_braces_where_one_is_required(text: str, scope: Scope, evaluator: JqProcess) -> None:
    assert compile_expression(text).evaluate(scope, evaluator) == [1, 2, 3]


@pytest.mark.parametrize("text", ["${ . }", "${ $context }"])
def test_the_whole_bag_is_a_copy_without_secrets(text: str, scope: Scope, evaluator: JqProcess) -> None:
    found = compile_template(text).evaluate(scope, evaluator)
    assert found == BAG
    assert found is not BAG


def test_an_export_sees_the_output_and_the_bag(scope: Scope, evaluator: JqProcess) -> None:
    over_output = replace(scope, dot={"secrets": {"KEY": "public"}, "n": 1})
    text = "${ [.n, .secrets.KEY, $context.count, ($context | .count)] }"
    assert compile_template(text).evaluate(over_output, evaluator) == [1, "public", 3, 3]
    assert compile_template("${ .secrets.KEY }").evaluate(over_output, evaluator) == "public"


@pytest.fixture
def refused(scope: Scope, evaluator: JqProcess) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        bag = {**BAG, "held": scope.secrets["KEY"]}
        try:
            compile_template(text).evaluate(replace(scope, bag=bag, dot=bag), evaluator)
        except ExpressionError as error:
            return "a secret can be passed on" in str(error)
        return False

    return check


@pytest.mark.parametrize(
    "text",
    [
        '${ .secrets.KEY == "x" }',
        '${ .held == "x" }',
        "${ .held < 1 }",
        "${ .held | length }",
        "${ .secrets.KEY | @base64 | length }",
        "${ .held | @base64 | .[2:9] }",
        '${ (.held + .held + .held | @base64) + "abcd" }',
        '${ "a" + (.held | @base64) }',
        "${ .held | @base64 | @uri }",
        "${ .secrets | tojson }",
        "${ .held | @uri | @base64 }",
        "${ .held | @uri | @uri }",
        "${ .held | @uri | length }",
        "${ .held | ascii_downcase }",
        "${ .held | trim }",
        "${ .held[2:5] }",
        "${ .held | explode }",
        '${ .secrets.KEY | test("^s") }',
        '${ .secrets.KEY | startswith("s") }',
        "${ [.held, 1] | tojson }",
        '${ .held | split(" ") }',
        "${ .held * 2 | length }",
    ],
)
def test_a_secret_cannot_be_looked_into(text: str, refused: Callable[[str], bool]) -> None:
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "${ .secrets.KEY }",
        '${ .secrets["KEY"] }',
        "${ $context.secrets.KEY }",
        "${ $secrets.KEY }",
        "Bearer ${ .secrets.KEY }",
        '${ "Bearer " + .secrets.KEY }',
        '${ "Bearer \\(.held)" }',
        "${ {Authorization: .held, list: [.secrets.KEY]} }",
        "${ [.held] | map({key: .}) }",
        "${ .held // 1 }",
        "${ if .yes then .secrets.KEY else null end }",
        '${ .fetch.title == "T" }',
    ],
)
def test_a_secret_can_be_moved_and_joined(text: str, refused: Callable[[str], bool]) -> None:
    assert not refused(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${ .secrets.KEY | @base64 }", "YSZi"),
        ('${ "Basic " + ("me:" + .secrets.KEY | @base64) }', "Basic bWU6YSZi"),
        ('Basic ${ .secrets.KEY + ":" + .secrets.KEY | @base64 }!', "Basic YSZiOmEmYg==!"),
        ('${ @base64 "me \\(.secrets.KEY)" }', "me YSZi"),
        ("${ .secrets.KEY | @uri }", "a%26b"),
        ("http://h/?q=${ .secrets.KEY | @uri }&z", "http://h/?q=a%26b&z"),
        ('${ @uri "http://h/?q=\\(.secrets.KEY)&z" }', "http://h/?q=a%26b&z"),
        ('${ "x&" + .secrets.KEY | @uri }', "x%26a%26b"),
        ("${ [.secrets.KEY] | map(@uri) }", ["a%26b"]),
    ],
)
def test_a_secret_can_be_encoded(text: str, value: Json, scope: Scope, evaluator: JqProcess) -> None:
    sealed = compile_template(text).evaluate(scope, evaluator)
    assert "%26b" not in str(sealed)
    assert RunSecrets(NONCE, {"KEY": "a&b"}).open(sealed) == value


@pytest.mark.parametrize(
    "text", ["${ .secrets.KEY | tonumber }", "${ [.secrets.KEY] | error }", "${ .secrets.KEY + 1 }"]
)
def test_what_jq_complains_of_shows_no_placeholder(text: str, scope: Scope, evaluator: JqProcess) -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_template(text).evaluate(scope, evaluator)
    assert "\u27ea" not in mask(str(raised.value), NONCE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${ .amount > 100 }", None),
        ("${ 100 > .amount }", None),
        ("${ .amount == 7 }", None),
        ("${ .flag != false }", None),
        ("${ .name > 100 }", None),
        ("${ [.amount][] > 100 }", None),
        ("${ if .amount > 100 then 'big' else 'small' end }", None),
        ("${ [.list[] | select(. > 8)] }", None),
        ("${ .off | not }", None),
        ("${ .flag and .off }", None),
        ("${ .none or .off }", None),
        ("${ if .off then 'on' else 'off' end }", None),
        ("${ [.off] | all }", None),
        ("${ .flag | not }", False),
        ("${ if .amount then .amount | length else 0 end }", 1),
        ("${ .amount == '7' }", True),
        ("${ .amount == true }", False),
        ("${ .name == 7 }", False),
        ("${ .n > 100 }", True),
        ("${ .other > 100 }", True),
        ("${ (.amount | tonumber) > 100 }", False),
        ("${ if .n > 100 then .amount else 0 end }", "7"),
        ("${ .amount < .ten }", None),
        ("${ .amount == .ten }", False),
        ("${ [.amount] == [7] }", None),
        ("${ [.amount, 5] | max }", None),
        ("${ [.amount, .ten] | min }", None),
        ("${ [5, .amount] | sort }", None),
        ("${ [{n: .amount}, {n: 5}] | sort_by(.n) }", None),
        ("${ [{n: .amount}, {n: 5}] | max_by(.n) }", None),
        ("${ [{n: .amount}, {n: 7}] | group_by(.n) }", None),
        ("${ [.amount, 7] | unique }", None),
        ("${ .amount as $a | [5, 7] | index($a) }", None),
        ("${ [.list[] | tostring] as $l | [7] | contains([$l[0]]) }", None),
        ("${ .amount as $a | [5, 7] | any(. == $a) }", None),
        ("${ .amount as $a | 7 | IN($a) }", None),
        ("${ .amount as $a | [7, 8] - [$a] }", None),
        ("${ .amount + .ten }", None),
        ("${ [.amount, .ten] | add }", None),
        ("${ .amount * 2 }", None),
        ("${ .ten / .amount }", None),
        ("${ .amount as $a | [limit($a; range(9))] }", None),
        ("${ [.list[] | select(. == '7')] }", ["7"]),
        ("${ .amount as $a | ['5', '7'] | index($a) }", 1),
        ("${ [.name, .amount] | sort }", ["7", "ann"]),
        ("${ [.other, 5] | max }", "8"),
        ("${ [3, 5, 1] | sort }", [1, 3, 5]),
        ("${ .amount + '-' + .ten }", "7-10"),
        ('${ "\\(.amount)\\(.ten)" }', "710"),
        ("${ .codes | sort }", ["10", "7", "9"]),
        ("${ [.codes[], .amount] | unique }", ["10", "7", "9"]),
        ("${ .codes | group_by(.) | map(length) }", [1, 1, 1]),
        ("${ [.days[] | select(. >= $context.ten)] }", ["2025-06-01"]),
        ("${ [.days | index($context.amount)] }", [None]),
        ("${ [.amount, .ten] | max }", None),
        ('${ [.list[] | "\\(.)\\(.)"] }', ["77", "11"]),
        ("${ [(1, 2) < (1, 2)] }", [False, False, True, False]),
    ],
)
def test_a_text_of_the_input_is_not_compared_with_a_number(text: str, value: Json, evaluator: JqProcess) -> None:
    """Wherever it went: `value` is None where the comparison is refused."""
    bag = {"amount": "7", "flag": "true", "name": "ann", "n": 101, "other": "8", "list": ["7", 1], "off": "false"}
    bag |= {"ten": "10", "codes": ["9", "10", "7"], "days": ["007", "2025-06-01"]}
    scope = Scope(bag=bag, dot=bag, input_texts=frozenset({"7", "10", "true", "false", "ann"}))
    template = compile_template(text)
    if value is None:
        with pytest.raises(
            ExpressionError, match=r"is text, and is \w+ (with a|as such, not as the) (number|boolean).*KEY:=VALUE"
        ):
            template.evaluate(scope, evaluator)
    else:
        assert template.evaluate(scope, evaluator) == value


@pytest.mark.parametrize(
    "text",
    [
        "${ uuid }",
        "${ uuid() }",
        "${ [uuid] | first }",
        '${ "\\(uuid)" }',
        "${ {uuid: uuid} | .uuid }",
        "${ uuid | . }",
    ],
)
def test_a_uuid_is_drawn_anew_each_time(text: str, scope: Scope, evaluator: JqProcess) -> None:
    draws = iter([bytes([n] * 16) for n in range(1, 9)])
    drawn = replace(scope, draw=lambda: next(draws))
    first, second = (UUID(compile_template(text).evaluate(drawn, evaluator)) for _ in range(2))
    assert first != second
    assert (first.version, second.version) == (4, 4)


@pytest.mark.parametrize("text", ["${ random }", "${ random() }", "${ [random] | first }"])
def test_a_random_number_is_at_least_0_and_less_than_1(text: str, scope: Scope, evaluator: JqProcess) -> None:
    def evaluated(drawn: bytes) -> Json:
        return compile_template(text).evaluate(replace(scope, draw=lambda: drawn), evaluator)

    assert evaluated(bytes(16)) == 0
    assert 0.999 < evaluated(b"\xff" * 16) < 1


@pytest.mark.parametrize("text", ["${ .list | map(uuid) }", "${ {a: uuid, b: uuid} }", "${ [.list[] | random] }"])
def test_what_jq_would_draw_once_for_all_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="would be the same in several places"):
        compile_template(text)


def test_a_program_may_have_a_uuid_of_its_own(scope: Scope, evaluator: JqProcess) -> None:
    assert compile_template("${ def uuid: 1; [uuid, uuid] }").evaluate(scope, evaluator) == [1, 1]
    assert compile_template("${ {uuid: 1, random} }").evaluate(scope, evaluator) == {"uuid": 1, "random": None}
