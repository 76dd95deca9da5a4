"""Checks of single arguments. Each returns the checked value or raises `DefinitionError`."""

import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from stigmer.errors import DefinitionError, caller

T = TypeVar("T")

SLUG_MAX = 63
INSTRUCTIONS_MIN = 10
INT32_MAX = 2**31 - 1
_SLUG_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_TAG_CHARACTERS = _SLUG_CHARACTERS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ._")


def text(owner: str, argument: str, value: object) -> str:
    """A string, possibly empty. One of a subclass, as enums have them, becomes a plain one."""
    if not isinstance(value, str):
        raise DefinitionError(owner, argument, f"must be a string, not {kind_of(value)}")
    try:
        return value.encode().decode()
    except UnicodeEncodeError as error:
        character = value[error.start]
        raise DefinitionError(owner, argument, f"has a character that UTF-8 cannot hold, {character!r}") from None


def required(owner: str, argument: str, value: object) -> str:
    """A string with something in it."""
    found = text(owner, argument, value)
    if not found.strip():
        raise DefinitionError(owner, argument, "must not be empty")
    return found


def listed(owner: str, argument: str, values: object, of: str) -> list[object]:
    """The elements of a list. What would silently be taken apart is refused: letters of a string, keys of a dict."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise DefinitionError(owner, argument, f"must be a list of {of}, not {kind_of(values)}")
    return list(values)


def texts(owner: str, argument: str, values: object) -> list[str]:
    """A list of strings with something in each."""
    found = listed(owner, argument, values, "strings")
    return [required(owner, f"{argument}[{index}]", value) for index, value in enumerate(found)]


def arguments(owner: str, argument: str, values: object) -> list[str]:
    """A list of strings that may be empty, as command lines have them."""
    found = listed(owner, argument, values, "strings")
    return [text(owner, f"{argument}[{index}]", value) for index, value in enumerate(found)]


def text_map(owner: str, argument: str, values: object) -> dict[str, str]:
    """A dict of strings by non-empty strings."""
    if not isinstance(values, Mapping):
        raise DefinitionError(owner, argument, f"must be a dict of strings, not {kind_of(values)}")
    return {
        required(owner, f"a key of {argument}", key): text(owner, f"{argument}[{key!r}]", value)
        for key, value in values.items()
    }


def instances(owner: str, argument: str, values: object, wanted: type[T]) -> list[T]:
    """A list of objects of one class."""
    found = listed(owner, argument, values, wanted.__name__)
    return [_instance(owner, f"{argument}[{index}]", value, wanted) for index, value in enumerate(found)]


def _instance(owner: str, argument: str, value: object, wanted: type[T]) -> T:
    if not isinstance(value, wanted):
        raise DefinitionError(owner, argument, f"must be {wanted.__name__}, not {kind_of(value)}")
    return value


def unique(owner: str, argument: str, names: Iterable[str]) -> None:
    """No name twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DefinitionError(owner, argument, f'has "{name}" twice')
        seen.add(name)


def whole(owner: str, argument: str, value: object, low: int, high: int = INT32_MAX) -> int:
    """A whole number from `low` to `high`, both included."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise DefinitionError(owner, argument, f"must be a whole number, not {kind_of(value)}")
    if not low <= value <= high:
        raise DefinitionError(owner, argument, f"must be from {low} to {high}, not {value}")
    return value


def fraction(owner: str, argument: str, value: object) -> float:
    """A number from 0 to 1."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise DefinitionError(owner, argument, f"must be from 0 to 1, not {value!r}")
    return value


def mapping(owner: str, argument: str, value: object) -> Mapping[str, Any]:
    """A dict with strings as keys, of whatever."""
    if not isinstance(value, Mapping):
        raise DefinitionError(owner, argument, f"must be a dict, not {kind_of(value)}")
    return {text(owner, f"a key of {argument}", key): item for key, item in value.items()}


def one_of(owner: str, argument: str, value: object, allowed: tuple[str, ...]) -> str:
    """One of a few words."""
    if value not in allowed:
        raise DefinitionError(owner, argument, f"must be one of {', '.join(allowed)}, not {value!r}")
    return str(value)


def flag(owner: str, argument: str, value: object) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise DefinitionError(owner, argument, f"must be True or False, not {kind_of(value)}")
    return value


def slug_of(owner: str, name: str, slug: str | None) -> str:
    """The slug given, checked, or the one made from the name.

    From a name: lower case, spaces become hyphens, everything but a-z, 0-9 and hyphen is dropped, runs of
    hyphens shrink to one, outer hyphens go.
    """
    if slug is not None:
        return valid_slug(owner, "slug", slug)
    kept = "".join(c for c in name.lower().replace(" ", "-") if c in _SLUG_CHARACTERS)
    made = "-".join(part for part in kept.split("-") if part)
    if not made:
        raise DefinitionError(owner, "name", "makes no slug: use letters a-z or digits in it, or give slug=")
    if len(made) > SLUG_MAX:
        raise DefinitionError(
            owner, "name", f"makes a slug of {len(made)} characters, {SLUG_MAX} is the most: shorten it or give slug="
        )
    return made


def valid_slug(owner: str, argument: str, value: object) -> str:
    """A slug as users may write it: nothing in it is rewritten."""
    slug = required(owner, argument, value)
    if len(slug) > SLUG_MAX:
        raise DefinitionError(owner, argument, f"has {len(slug)} characters, {SLUG_MAX} is the most")
    if not _SLUG_CHARACTERS.issuperset(slug) or slug != "-".join(part for part in slug.split("-") if part):
        raise DefinitionError(owner, argument, f'"{slug}" must be words of a-z and 0-9 joined by single hyphens')
    return slug


def version_tag(owner: str, argument: str, value: object) -> str:
    """Empty (the newest), "latest", a tag, or the 64 hexadecimal digits of a version."""
    tag = text(owner, argument, value)
    if not _TAG_CHARACTERS.issuperset(tag):
        raise DefinitionError(owner, argument, f'"{tag}" may have letters, digits and . _ - only')
    return tag


def instructions(owner: str, value: object) -> str:
    """Instructions from a string, whose common indentation goes, or from a file next to the user's program."""
    found = _read(owner, value) if isinstance(value, os.PathLike) else dedent(text(owner, "instructions", value))
    length = len(found.strip())
    if length < INSTRUCTIONS_MIN:
        raise DefinitionError(owner, "instructions", f"must have at least {INSTRUCTIONS_MIN} characters, not {length}")
    return found


def dedent(value: str) -> str:
    """The text of a triple-quoted string without the indentation it has for the program's sake."""
    if "\n" not in value:
        return value
    first, *rest = value.split("\n")
    margins = [len(line) - len(line.lstrip(" \t")) for line in rest if line.strip()]
    margin = min(margins, default=0)
    lines = [first.lstrip(" \t"), *(line[margin:] if line.strip() else "" for line in rest)]
    return "\n".join(lines).strip("\n")


def _read(owner: str, value: "os.PathLike[Any]") -> str:
    place = caller()
    path = os.path.join(os.path.dirname(place.filename), os.fspath(value))  # noqa: PTH118, PTH120 - no pathlib, as in errors
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        raise DefinitionError(owner, "instructions", f"cannot be read from {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DefinitionError(owner, "instructions", f"cannot be read from {path}: it is not UTF-8 text") from None


def kind_of(value: object) -> str:
    """What errors say that a value is, instead of what it should be."""
    return "None" if value is None else type(value).__name__
