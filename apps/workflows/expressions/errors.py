"""What can go wrong with an expression."""

SEALED = "a secret can be passed on and joined with text, but not changed or looked into"


class ExpressionError(Exception):
    """An expression that cannot be read, or whose evaluation failed.

    `text` is the expression as its author wrote it, `reason` says what is wrong, without naming the task: whoever
    catches this knows the task and adds it.
    """

    def __init__(self, text: str, reason: str) -> None:
        self.text = text
        self.reason = reason
        super().__init__(f"expression `{shorten(text)}`: {reason}")


class EvaluationFailed(Exception):
    """A program or its values were refused. The text is the reason, in one line.

    Becomes an ExpressionError where the expression's text is known.
    """


class NotPure(Exception):
    """The Python evaluator leaves this program, or this value, to jq."""


def shorten(text: str, limit: int = 200) -> str:
    """`text` on one line, cut to `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
