"""jq's operators on values where Python and jq agree beyond doubt.

Everything else (numbers past 2^53, fractions that print oddly, type errors, ordering of arrays and objects) raises
NotPure and is left to jq, whose answer and whose error text then hold. A property test compares the two.
"""

import math

from apps.workflows.expressions.errors import NotPure
from apps.workflows.values import Json

_EXACT = 2**53
_LONGEST_TEXT, _LONGEST_LIST = 100_000, 10_000
_ORDER = {"null": 0, "false": 1, "true": 2, "number": 3, "string": 4, "array": 5, "object": 6}


def truthy(value: Json) -> bool:
    """jq: everything is true except null and false."""
    return value is not None and value is not False


def is_number(value: Json) -> bool:
    """Whether `value` is a number both sides represent exactly. Raises NotPure for one that only looks so."""
    if type(value) is int:
        if abs(value) > _EXACT:
            raise NotPure
        return True
    if type(value) is float:
        if not math.isfinite(value) or abs(value) > _EXACT:
            raise NotPure
        return True
    return False


def _number(value: float, *, signed: bool = False) -> Json:
    """The result of arithmetic, a whole number as int. Raises NotPure where jq may round or print differently.

    `signed`: whether a zero may be jq's negative one, which it prints as `-0`.
    """
    if not math.isfinite(value) or abs(value) > _EXACT or (signed and not value):
        raise NotPure
    return int(value) if value == int(value) else value


def add(left: Json, right: Json) -> Json:
    if left is None:
        return right
    if right is None:
        return left
    if is_number(left) and is_number(right):
        return _number(left + right)
    if isinstance(left, str) and isinstance(right, str):
        return bounded_text(left + right)
    if isinstance(left, list) and isinstance(right, list) and len(left) + len(right) <= _LONGEST_LIST:
        return left + right
    raise NotPure


def bounded_text(text: str) -> str:
    """`text`, unless it grew so long that jq's limit on results should judge it."""
    if len(text) > _LONGEST_TEXT:
        raise NotPure
    return text


def subtract(left: Json, right: Json) -> Json:
    if is_number(left) and is_number(right):
        return _number(left - right)
    raise NotPure


def multiply(left: Json, right: Json) -> Json:
    if is_number(left) and is_number(right):
        return _number(left * right, signed=left < 0 or right < 0)
    raise NotPure


def divide(left: Json, right: Json) -> Json:
    if is_number(left) and is_number(right) and right:
        return _number(left / right, signed=left < 0 or right < 0)
    raise NotPure


def modulo(left: Json, right: Json) -> Json:
    if type(left) is int and type(right) is int and is_number(left) and is_number(right) and right:
        return _number(math.fmod(left, right), signed=left < 0)
    raise NotPure


def negate(value: Json) -> Json:
    if is_number(value):
        return _number(-value, signed=True)
    raise NotPure


def equal(left: Json, right: Json) -> bool:
    """jq's ==: by value, where true is not 1."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(item, right[key]) for key, item in left.items())
    if is_number(left):
        return is_number(right) and bool(left == right)
    if isinstance(left, str):
        return isinstance(right, str) and left == right
    return type(left) is type(right) and bool(left == right)


def less(left: Json, right: Json) -> bool:
    """jq's <: null, false, true, numbers, strings, arrays, objects."""
    left_rank, right_rank = _rank(left), _rank(right)
    if left_rank != right_rank:
        return left_rank < right_rank
    if left_rank in (_ORDER["number"], _ORDER["string"]):
        return bool(left < right)
    if left_rank < _ORDER["number"]:
        return False
    raise NotPure


def _rank(value: Json) -> int:
    if value is None or isinstance(value, bool):
        return _ORDER[{None: "null", False: "false", True: "true"}[value]]
    if is_number(value):
        return _ORDER["number"]
    if isinstance(value, str):
        return _ORDER["string"]
    return _ORDER["array" if isinstance(value, list) else "object"]


def index(value: Json, key: Json) -> Json:
    """`value[key]`: null for what is not there. Raises NotPure for a pair jq refuses or treats specially."""
    if type(value) is dict and type(key) is str:
        return value.get(key)
    if value is None and type(key) in (str, int):
        return None
    if type(value) is list and type(key) is int:
        return value[key] if -len(value) <= key < len(value) else None
    raise NotPure


def text_of(value: Json) -> str:
    """jq's tostring, of the values whose text is certain."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", False: "false", True: "true"}[value]
    if type(value) is int and is_number(value):
        return str(value)
    raise NotPure


def length(value: Json) -> Json:
    if value is None:
        return 0
    if isinstance(value, str | list | dict):
        return len(value)
    raise NotPure
