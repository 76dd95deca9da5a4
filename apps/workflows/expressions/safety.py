"""Which jq functions a workflow may not use.

A workflow's expressions see its data and nothing else: not the environment, not files, not other input, not the
terminal. The process that runs jq has none of these either; refusing them here says so when the workflow is written
instead of answering with something empty when it runs.
"""

from collections.abc import Iterable

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
    brackets: list[str] = []
    for index, token in enumerate(tokens):
        if token.is_operator("(", "[", "{"):
            brackets.append(token.text)
        elif token.is_operator(")", "]", "}"):
            brackets.pop()
        elif token.kind == "variable" and (token.text == "$ENV" or token.text.startswith("$__") or "::" in token.text):
            yield token.text
        elif token.kind == "name" and token.text.rsplit("::", 1)[-1] in FORBIDDEN_NAMES:
            is_data = brackets[-1:] == ["{"] and is_key(tokens, index)
            yield from [] if is_data else [token.text]
        for part in token.parts:
            if not isinstance(part, str):
                yield from _forbidden(part)


def is_key(tokens: tuple[Token, ...], index: int) -> bool:
    """Whether the name at `index`, directly inside braces, stands where an object key stands."""
    follower = tokens[index + 1] if index + 1 < len(tokens) else None
    return tokens[index - 1].is_operator("{", ",") and follower is not None and follower.is_operator(":", ",", "}")
