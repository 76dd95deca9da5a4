"""The forms in which programs give back what they were given. Standard library only: stand-ins use it, too."""

from __future__ import annotations

import base64
import html
import json
import quopri
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode


def php_json(text: str) -> str:
    return json.dumps(text).replace("/", "\\/")


def dotnet_json(text: str) -> str:
    """What is dangerous in HTML as \\u, its digits in upper case."""
    quoted = re.sub(r"[\"'&<>+\x80-\uffff]", lambda found: f"\\u{ord(found[0]):04X}", text.replace("\\", "\\\\"))
    return quoted.replace("\t", "\\t")


def small_digits(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quote(text, safe=""))


def in_lines(text: str, columns: int, between: str) -> str:
    return between.join(text[at : at + columns] for at in range(0, len(text), columns))


def encoded(data: bytes, *encoders: Callable[[bytes], bytes]) -> str:
    for encode in encoders:
        data = encode(data)
    return data.decode()


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in ASCII": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps({"t": text})),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text, ensure_ascii=False))),
    "JSON of PHP": php_json,
    "JSON of .NET": dotnet_json,
    "a path": quote,
    "one value of a path": lambda text: quote(text, safe=""),
    "a query": quote_plus,
    "a form": lambda text: urlencode({"a": text}),
    "as encodeURIComponent writes it": lambda text: quote(text, safe="!'()*"),
    "percents in small letters": small_digits,
    "an address in an address": lambda text: quote(quote(text)),
    "every byte with a percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "ascii": ascii,
    "repr of JSON": lambda text: repr(json.dumps(text)),
    "repr of repr": lambda text: repr(repr(text)),
    "HTML": html.escape,
    "HTML of others": lambda text: html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#039;"),
    "JSON in HTML": lambda text: html.escape(json.dumps(text)),
    "HTML in JSON": lambda text: json.dumps(html.escape(text)),
    "JSON in an address": lambda text: quote(json.dumps(text)),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 in an address": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "base64 in an address, small digits": lambda text: small_digits(base64.b64encode(text.encode()).decode()),
    "base64 in JSON of PHP": lambda text: php_json(base64.b64encode(text.encode()).decode()),
    "base64 in JSON of .NET": lambda text: dotnet_json(base64.b64encode(text.encode()).decode()),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, large": lambda text: text.encode().hex().upper(),
    "base64 in lines of 76": lambda text: base64.encodebytes(text.encode()).decode().rstrip("\n"),
    "base64 in lines of 16": lambda text: in_lines(base64.b64encode(text.encode()).decode(), 16, "\r\n  "),
    "base64 in lines, in JSON": lambda text: json.dumps(in_lines(base64.b64encode(text.encode()).decode(), 16, "\n")),
    "base64 of base64": lambda text: encoded(text.encode(), base64.b64encode, base64.b64encode),
    "base64 of base64 in lines, in lines": lambda text: in_lines(
        encoded(in_lines(base64.b64encode(text.encode()).decode(), 64, "\n").encode(), base64.b64encode), 76, "\n"
    ),
    "base64 of JSON": lambda text: encoded(json.dumps(text)[1:-1].encode(), base64.b64encode),
    "base64 of an address": lambda text: encoded(quote(text, safe="").encode(), base64.b64encode),
    "base64 of UTF-16": lambda text: encoded(text.encode("utf-16-le"), base64.b64encode),
    "base64 of UTF-16, large end first": lambda text: encoded(text.encode("utf-16-be"), base64.b64encode),
    "base64 of hexadecimal": lambda text: encoded(text.encode().hex().encode(), base64.b64encode),
    "hexadecimal of base64": lambda text: base64.b64encode(text.encode()).hex(),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "hexadecimal with blanks, large": lambda text: text.encode().hex(" ").upper(),
    "hexadecimal in lines": lambda text: in_lines(text.encode().hex(), 16, "\n"),
    "hexadecimal of C": lambda text: ", ".join(f"0x{byte:02x}" for byte in text.encode()),
    "quoted-printable": lambda text: quopri.encodestring(text.encode(), quotetabs=True).decode(),
    "quoted-printable in short lines": lambda text: in_lines(text, 5, "=\n"),
    "large letters": str.upper,
    "small letters": str.lower,
    "base64 of large letters": lambda text: encoded(text.upper().encode(), base64.b64encode),
    "an address of small letters": lambda text: quote(text.lower(), safe=""),
    "UTF-8 taken for Latin-1": lambda text: text.encode().decode("latin-1"),
    "the same in JSON": lambda text: json.dumps(text.encode().decode("latin-1")),
    "ASCII with a question mark for the rest": lambda text: text.encode("ascii", "replace").decode(),
}


def all_forms(text: str) -> list[str]:
    """`text` in every form, and in base64 of something longer."""
    longer = [base64.b64encode(f"{before}{text}:".encode()).decode() for before in ("user:", "me:", "")]
    return [*(write(text) for write in FORMS.values()), *longer]
