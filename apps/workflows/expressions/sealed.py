"""jq over data that holds placeholders of secrets: the answer, or a refusal, never a wrong value.

jq sees placeholders, not secrets, so an expression may move them and join them with text, and nothing else. Whether it
does only that is found out, not guessed: the program runs twice, with two different nonces of different length. Only
if both answers differ in nothing but the nonce, and every trace of it is inside a whole placeholder, did the program
merely move what it was given. Predicates can say `false` twice, so those are refused by name.
"""

import json

from apps.workflows.expressions.errors import SEALED, EvaluationFailed
from apps.workflows.expressions.evaluator import Evaluator
from apps.workflows.expressions.lexer import Token
from apps.workflows.secrets import intact
from apps.workflows.values import Json

_PREDICATE_WORDS = """
    == != < <= > >= capture contains endswith in index indices inside ltrimstr match rindex rtrimstr scan split splits
    startswith sub gsub test trimstr
"""
_PREDICATES = frozenset(_PREDICATE_WORDS.split())


def evaluate_sealed(evaluator: Evaluator, program: str, document: str, nonce: str, *, predicates: bool) -> Json:
    """The value of `program` on a document that contains `nonce`. Raises EvaluationFailed as described above.

    `predicates`: whether the program names the secrets and uses a function that looks into a string.
    """
    if predicates:
        raise EvaluationFailed(SEALED)
    other = nonce[::-1] + "0"
    value = evaluator.evaluate(program, document)
    check = evaluator.evaluate(program, document.replace(nonce, other))
    text = json.dumps(value, ensure_ascii=False)
    if json.dumps(check, ensure_ascii=False).replace(other, nonce) != text or not _all_intact(value, nonce):
        raise EvaluationFailed(SEALED)
    return value


def looks_into_strings(tokens: tuple[Token, ...]) -> bool:
    """Whether a program uses an operator or function that answers about the content of a string."""
    return any(
        token.text in _PREDICATES or any(looks_into_strings(part) for part in token.parts if not isinstance(part, str))
        for token in tokens
    )


def _all_intact(value: Json, nonce: str) -> bool:
    if isinstance(value, str):
        return nonce not in value or intact(value, nonce)
    if isinstance(value, list):
        return all(_all_intact(item, nonce) for item in value)
    if isinstance(value, dict):
        return all(_all_intact(part, nonce) for pair in value.items() for part in pair)
    return True
