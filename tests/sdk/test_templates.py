"""Text with expressions in it becomes a concatenation."""

import pytest
from stigmer import Workflow, data, env_var, secret
from stigmer.template import template

title = data.pull.title


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("", ""),
        (f"{title}", "${.pull.title}"),
        (f"Title: {title}", '${ "Title: " + (.pull.title | tostring) }'),
        (f"{title}!", '${ (.pull.title | tostring) + "!" }'),
        (f"{title}{title}", "${ (.pull.title | tostring) + (.pull.title | tostring) }"),
        (f"a {title} b {data.n + 1} c", '${ "a " + (.pull.title | tostring) + " b " + (.n + 1 | tostring) + " c" }'),
        ("Bearer {}".format(secret("KEY")), '${ "Bearer " + .secrets.KEY }'),
        (f"{env_var('HOST')}/{title}", '${ .env_vars.HOST + "/" + (.pull.title | tostring) }'),
        ("%s!" % title, '${ (.pull.title | tostring) + "!" }'),  # noqa: UP031 - people write it
        ("by hand: ${ .a }", '${ "by hand: " + (.a | tostring) }'),
        ('two\nlines "quoted" ' + str(title), '${ "two\\nlines \\"quoted\\" " + (.pull.title | tostring) }'),
        (f"{data.x == '}'} end", '${ (.x == "}" | tostring) + " end" }'),
        (str(data.x == 'a"b') + " end", '${ (.x == "a\\"b" | tostring) + " end" }'),
        ("object ${ {a: 1} } end", '${ "object " + ({a: 1} | tostring) + " end" }'),
        ("never closed ${ .a", "never closed ${ .a"),
        ("nothing ${} inside", "nothing ${} inside"),
        ("nothing ${} but ${ .a }", '${ "nothing ${} but " + (.a | tostring) }'),
        ("dollars $5 and {braces}", "dollars $5 and {braces}"),
    ],
)
def test_a_template(text: str, result: str) -> None:
    assert template(text) == result


def test_a_template_can_be_compared_and_nested(wf: Workflow) -> None:
    address = f"https://example.com/{wf.input.repo}"
    assert str(data.url == address) == '${ .url == "https://example.com/" + ($input.repo | tostring) }'
    assert template(f"{address}/files") == '${ "https://example.com/" + ($input.repo | tostring) + "/files" }'
