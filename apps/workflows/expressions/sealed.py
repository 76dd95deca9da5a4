"""jq over data that holds placeholders of secrets: the answer, or a refusal, never a wrong value.

jq sees placeholders, not secrets, so an expression may move them and join them with text, and nothing else. Whether it
does only that is found out, not guessed: the program runs a second time over stand-ins that have no character in common
with the placeholders at any place, nor their length. Only if both answers differ in nothing else, and every trace of
the nonce is inside a whole placeholder, did the program merely move what it was given. Predicates can say `false`
twice, so those are refused by name. Two changes are known
and allowed: `@uri` and `@base64` give the placeholder of what is encoded, which is done when it is opened.
"""

import json
import re
from base64 import b64decode
from urllib.parse import quote, unquote

from apps.workflows.expressions.errors import SEALED, EvaluationFailed
from apps.workflows.expressions.evaluator import Evaluator
from apps.workflows.expressions.tokens import Token
from apps.workflows.secrets import encoded, in_base64, intact, placeholder
from apps.workflows.secrets.placeholders import shows_part
from apps.workflows.values import Json, map_strings

_BASE64 = re.compile("[A-Za-z0-9+/]{40,}={0,2}")
"""In which there may be a placeholder: one has more characters."""
_GROUP = 3
"""Bytes that base64 encodes together. The lengths of a placeholder and of what stands in for it differ by another."""
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
    try:
        value = _with_encoded(evaluator.evaluate(program, document), placeholder("{}", nonce))
    except EvaluationFailed as error:
        # jq quotes the beginnings of values.
        raise EvaluationFailed(SEALED if shows_part(str(error), nonce) else str(error)) from None
    stand_in = _stand_in(nonce)
    check = _with_encoded(evaluator.evaluate(program, _swap(document, _placeholder_pattern(nonce), stand_in)), stand_in)
    restored = _swap(json.dumps(check), _stand_in_pattern(nonce), placeholder("{}", nonce))
    if restored != json.dumps(value) or not _all_intact(value, nonce):
        raise EvaluationFailed(SEALED)
    return value


def looks_into_strings(tokens: tuple[Token, ...]) -> bool:
    """Whether a program uses an operator or function that answers about the content of a string."""
    return any(
        token.text in _PREDICATES or any(looks_into_strings(part) for part in token.parts if not isinstance(part, str))
        for token in tokens
    )


def _with_encoded(value: Json, form: str) -> Json:
    """`value` with a placeholder wherever one, or text that holds some, was encoded by `@uri` or `@base64`.

    `form` is a placeholder with `{}` for the name.
    """
    before, after = (quote(half, safe="") for half in form.split("{}"))
    in_address = re.compile(f"{re.escape(before)}(.+?){re.escape(after)}")
    plain = re.compile('([^ "]+?)'.join(map(re.escape, form.split("{}"))))

    def decoded(letters: str) -> str:
        try:
            pieces = plain.split(b64decode(letters, validate=True).decode())
        except ValueError:  # not base64, or not of text
            return letters
        # Both lengths differ by as many bytes as there are placeholders: where that is a whole group, letters joined to
        # an end without padding would not be noticed.
        secrets = len(pieces) // 2
        return form.format(in_base64(pieces)) if secrets % _GROUP else letters

    def placed(text: str) -> str:
        text = in_address.sub(lambda found: form.format(encoded(unquote(found[1]))), text)
        return _BASE64.sub(lambda found: decoded(found[0]), text)

    return map_strings(value, placed)


def _all_intact(value: Json, nonce: str) -> bool:
    if isinstance(value, str):
        return nonce not in value or intact(value, nonce)
    if isinstance(value, list):
        return all(_all_intact(item, nonce) for item in value)
    if isinstance(value, dict):
        return all(_all_intact(part, nonce) for pair in value.items() for part in pair)
    return True


def _stand_in(nonce: str) -> str:
    """Like a placeholder with `{}` for the name, and different from one everywhere."""
    return f'\t{nonce[::-1]}0 {{}} Zz>"%;\u27ed\n'


def _placeholder_pattern(nonce: str) -> re.Pattern[str]:
    return _pattern_of(placeholder("{}", nonce))


def _stand_in_pattern(nonce: str) -> re.Pattern[str]:
    return _pattern_of(_stand_in(nonce))


def _pattern_of(form: str) -> re.Pattern[str]:
    """Finds `form`, with a name for its `{}`, in JSON text."""
    before, after = (re.escape(json.dumps(half)[1:-1]) for half in form.split("{}"))
    return re.compile(f'{before}([^ "]+){after}')


def _swap(text: str, pattern: re.Pattern[str], form: str) -> str:
    """JSON text with every name found by `pattern` put into `form` instead."""
    before, after = (json.dumps(half)[1:-1] for half in form.split("{}"))
    return pattern.sub(lambda match: f"{before}{match.group(1)}{after}", text)
