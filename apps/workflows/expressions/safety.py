"""Which jq functions a workflow may not use.

A workflow's expressions see its data and nothing else: not the environment, not files, not other input, not the
terminal. The process that runs jq has none of these either; refusing them here says so when the workflow is written
instead of answering with something empty when it runs.
"""

from collections.abc import Iterable, Iterator

from apps.workflows.expressions.errors import ExpressionError
from apps.workflows.expressions.tokens import Token

FORBIDDEN_NAMES = frozenset(
    {
        "debug",
        "env",
        "get_jq_origin",
        "get_prog_origin",
        "get_search_list",
        "halt",
        "halt_error",
        "import",
        "include",
        "input",
        "input_filename",
        "input_line_number",
        "inputs",
        "module",
        "modulemeta",
        "stderr",
    }
)


def check_safe(source: str, tokens: tuple[Token, ...]) -> None:
    """Raise ExpressionError for a function, keyword or variable that reaches outside the workflow's data.

    Strings, fields (`.env`) and object keys (`{env: 1}`, `{env}`) are data and pass.
    """
    for name in _forbidden(tokens):
        raise ExpressionError(source, f"`{name}` cannot be used in a workflow")


def _forbidden(tokens: tuple[Token, ...]) -> Iterable[str]:
    for token, is_data in every_token(tokens):
        reaches_outside = token.kind == "variable" and _is_of_jq(token.text)
        is_forbidden = token.kind == "name" and token.text.rsplit("::", 1)[-1] in FORBIDDEN_NAMES
        if reaches_outside or (is_forbidden and not is_data):
            yield token.text


def _is_of_jq(variable: str) -> bool:
    return variable == "$ENV" or variable.startswith("$__") or "::" in variable


def every_token(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, bool]]:
    """Each token, those of expressions inside strings included, and whether it is a name that is an object's key."""
    brackets: list[str] = []
    for index, token in enumerate(tokens):
        if token.is_operator("(", "[", "{"):
            brackets.append(token.text)
        elif token.is_operator(")", "]", "}"):
            brackets.pop()
        yield token, token.kind == "name" and brackets[-1:] == ["{"] and is_key(tokens, index)
        for part in token.parts:
            if not isinstance(part, str):
                yield from every_token(part)


def is_key(tokens: tuple[Token, ...], index: int) -> bool:
    """Whether the name at `index`, directly inside braces, stands where an object key stands."""
    follower = tokens[index + 1] if index + 1 < len(tokens) else None
    return tokens[index - 1].is_operator("{", ",") and follower is not None and follower.is_operator(":", ",", "}")
