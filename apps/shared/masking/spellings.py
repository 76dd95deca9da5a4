"""How the notations of this world spell a character."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html.entities import codepoint2name
from typing import Final
from urllib.parse import quote

from apps.shared.masking.folding import fold, lowered

_PIECES: Final = re.compile(r"\\[^A-Za-z0-9]|.", re.DOTALL)
_PERCENT: Final = re.compile("%[0-9A-F]{2}")
_BYTE: Final = 0x100
_BEYOND_BMP: Final = 0x10000
_ASCII: Final = 0x80
_NESTED: Final = 2
"""How often JSON may stand in JSON that is escaped for addresses or HTML."""
_ESCAPES: Final = {
    "/": (r"\/",),
    "'": (r"\'", "''"),
    '"': (r"\"", '""'),
    "\n": (r"\n", "\r\n", r"\r\n", " "),
    "\r": (r"\r",),
    "\t": (r"\t",),
    "\b": (r"\b",),
    "\f": (r"\f",),
    " ": ("+",),
}


def pieces(folded: str) -> list[str]:
    """The characters of a folded text, a backslash together with what follows it, if that may be escaped."""
    return _PIECES.findall(folded)


@lru_cache(maxsize=8192)
def spellings(piece: str) -> tuple[str, ...]:
    """Every way in which a piece may be written: as it is, then the others, short ones first. Folded, in lower case."""
    forms = _in_any_case(piece) if len(piece) == 1 else _forms_of_pair(*piece)
    return (piece, *sorted(forms - {piece}, key=lambda form: (len(form), form)))


def _forms_of_pair(backslash: str, character: str) -> set[str]:
    """Where the character is escaped itself, its backslash and the other one are one row."""
    forms = spellings(character)
    both = {fold(first + second) for first in spellings(backslash) for second in forms}
    return both | {form for form in forms if form.startswith("\\")}


def _in_any_case(character: str) -> set[str]:
    return {
        lowered(form) for each in {character, character.lower(), character.upper()} for form in _forms_of_each(each)
    }


def _forms_of_each(letters: str) -> set[str]:
    """Of one letter, or of several that stand for one in capitals."""
    return _forms(letters) if len(letters) == 1 else {letters}


def _forms(character: str) -> set[str]:
    forms = {character, *_ESCAPES.get(character, ()), *_backslashed(character), *_misread(character)}
    for _ in range(_NESTED):
        doubled = {form.replace("\\", "\\\\") for form in forms}
        forms |= doubled | {form.replace(quote_mark, f"\\{quote_mark}") for form in doubled for quote_mark in "\"'"}
    forms |= {other for form in forms for other in (*_percent(form), *_in_html(form))}
    forms |= _entities(character) | _quoted_printable(character)
    return {fold(form) for form in forms}


@lru_cache(maxsize=8192)
def escaped(piece: str) -> tuple[str, ...]:
    """The ways to write a piece other than as it is; of those in which another one stands, only that."""
    found: list[str] = []
    for form in spellings(piece)[1:]:
        if not any(shorter in form for shorter in found):
            found.append(form)
    return tuple(found)


def _backslashed(character: str) -> set[str]:
    r"""`\u00df`, `\xdf`, `\xc3\x9f`, with digits of either case."""
    code = ord(character)
    units = character.encode("utf-16-be", "surrogatepass")
    forms = {"".join(rf"\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True))}
    forms.add("".join(rf"\x{byte:02x}" for byte in _utf8(character)))
    if code < _BYTE:
        forms.add(rf"\x{code:02x}")
    if code >= _BEYOND_BMP:
        forms.add(rf"\U{code:08x}")
    return forms | {_upper_digits(form) for form in forms}


def _percent(form: str) -> set[str]:
    """Its bytes in UTF-8 and Latin-1, all of them or those that must be, and escaped once more."""
    forms = {quote(_utf8(form), safe=""), "".join(f"%{byte:02X}" for byte in _utf8(form))}
    if len(form) == 1 and ord(form) < _BYTE:
        forms.add(f"%{ord(form):02X}")
    forms |= {_PERCENT.sub(lambda found: found[0].lower(), each) for each in forms}
    return forms | {each.replace("%", "%25") for each in forms}


def _in_html(form: str) -> set[str]:
    """As programs escape what is dangerous in HTML."""
    plain = form.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    quotes = (("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "&#039;"), ("&quot;", "'"), ("&quot;", "&apos;"))
    return {plain.replace('"', double).replace("'", single) for double, single in quotes}


def _entities(character: str) -> set[str]:
    code = ord(character)
    names = {"'": "apos"} | {chr(known): name for known, name in codepoint2name.items()}
    bodies = {f"#{code}", f"#{code:03d}", f"#x{code:x}", f"#x{code:X}"} | (
        {names[character]} if character in names else set()
    )
    return {f"{start}{body};" for body in bodies for start in ("&", "&amp;", r"\u0026")}


def _quoted_printable(character: str) -> set[str]:
    if character.isascii() and character.isalnum():
        return set()
    forms = {"".join(f"={byte:02x}" for byte in _utf8(character))}
    if ord(character) < _BYTE:
        forms.add(f"={ord(character):02x}")
    return forms | ({"_"} if character == " " else set())


def _misread(character: str) -> set[str]:
    """UTF-8 taken for Latin-1, Latin-1 or nothing at all taken for UTF-8; UTF-16 without its zeros."""
    if ord(character) < _ASCII:
        return set()
    encoded = _utf8(character)
    read = {encoded.decode("latin-1"), "?", "\ufffd", "\ufffd" * len(encoded)}
    if ord(character) >= _BYTE:
        read |= {character.encode(f"utf-16-{order}", "surrogatepass").decode("latin-1") for order in ("le", "be")}
    return read | {json.dumps(text)[1:-1] for text in read}


def _utf8(form: str) -> bytes:
    return form.encode("utf-8", "surrogatepass")


def _upper_digits(form: str) -> str:
    return re.sub(r"(\\[xuU])([0-9a-f]+)", lambda found: found[1] + found[2].upper(), form)
