"""The forms in which programs give back what they were given. Standard library only: stand-ins use it, too."""

from __future__ import annotations

import base64
import html
import json
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
    "UTF-8 taken for Latin-1": lambda text: text.encode().decode("latin-1"),
    "the same in JSON": lambda text: json.dumps(text.encode().decode("latin-1")),
    "ASCII with a question mark for the rest": lambda text: text.encode("ascii", "replace").decode(),
}


def all_forms(text: str) -> list[str]:
    """`text` in every form, and in base64 of something longer."""
    longer = [base64.b64encode(f"{before}{text}:".encode()).decode() for before in ("user:", "me:", "")]
    return [*(write(text) for write in FORMS.values()), *longer]
