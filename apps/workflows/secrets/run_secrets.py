"""Opening and closing the placeholders of one run. Exists only where calls are made."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from apps.shared.masking import Masker, keep_out_of_logs
from apps.workflows.secrets.addresses import opened_address, target_parts
from apps.workflows.secrets.placeholders import BASE64, URI, mask, pattern_of, pieces_of, placeholder
from apps.workflows.values import Json, map_strings

WRITTEN: Final = "as"
NUMBER: Final = "number"
"""Forms in which a secret came back: in another notation, as a number. What stood there follows, sealed."""


class UnknownSecret(LookupError):
    """A placeholder whose name has no value."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no value was given for the secret {name}")


def _cannot_seal(_text: str) -> str:
    raise RuntimeError("these secrets were made without a way to seal")


@dataclass(frozen=True)
class RunSecrets:
    """`seal` and `unseal` are the vault's, for what comes back in other forms than the secrets themselves."""

    nonce: str = field(default="", repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    seal: Callable[[str], str] = field(default=_cannot_seal, repr=False)
    unseal: Callable[[str], str] = field(default=_cannot_seal, repr=False)

    parts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Texts that give a secret away as well as the whole of it does: their names begin with that of the secret."""

    @cached_property
    def masker(self) -> Masker:
        return keep_out_of_logs(Masker({**self.values, **self.parts}))

    def told_to(self, address: str) -> "RunSecrets":
        """Themselves for the reply of who is called at `address`: where it begins with a secret, its path is one.

        Whoever answers knows its path, and little else of the address. Elsewhere a path may be any text.
        """
        begun = pattern_of(self.nonce).match(address) if self.nonce else None
        try:
            told = target_parts(self._value_of(begun[1])) if begun else []
        except UnknownSecret:
            told = []  # it is for the call to say so
        names = ((f"{begun[1].partition('|')[0]}|{number}", part) for number, part in enumerate(told)) if begun else ()
        return replace(self, parts={**self.parts, **dict(names)}) if told else self

    def open(self, value: Json) -> Json:
        """`value` as it is sent, object keys included. Raises UnknownSecret."""
        return map_strings(value, self._opened, self.nonce) if self.nonce else value

    def open_text(self, text: str) -> str:
        """The same where text is needed, whatever stands in it."""
        return pattern_of(self.nonce).sub(lambda found: self._value_of(found[1]), text) if self.nonce else text

    def open_address(self, address: str) -> str:
        """`address` as it is sent: a secret in it is one value of its place. Raises UnknownSecret."""
        if self.nonce not in address or not self.nonce:
            return address
        return opened_address(pattern_of(self.nonce).split(address), self._value_of)

    def close(self, value: Json) -> Json:
        """`value`, which came from outside, with a placeholder for every secret in it, in whatever form.

        Opened again, it is what it was.
        """
        return self.masker.replaced_in(value, self._stand_in)

    def are_in(self, value: Json) -> bool:
        return bool(mask(value, self.nonce) != value)

    def _stand_in(self, name: str, found: Any) -> str:  # Any: text, or a number of JSON
        name = name.partition("|")[0]
        if not isinstance(found, str):
            return placeholder(f"{name}|{NUMBER}:{self.seal(json.dumps(found))}", self.nonce)
        form = "" if found == self.values[name] else f"|{WRITTEN}:{self.seal(found)}"
        return placeholder(f"{name}{form}", self.nonce)

    def _opened(self, text: str) -> Json:
        whole = pattern_of(self.nonce).fullmatch(text)
        if whole and f"|{NUMBER}:" in whole[1]:
            return json.loads(self._value_of(whole[1]))
        return self.open_text(text)

    def _value_of(self, name: str) -> str:
        if name in self.values:
            return self.values[name]
        base, _, form = name.rpartition("|")
        kind, _, sealed = form.partition(":")
        if base and form == URI:
            return quote(self._value_of(base), safe="")
        if base and kind == BASE64:
            pieces = pieces_of(sealed)
            pieces[1::2] = map(self._value_of, pieces[1::2])
            return b64encode("".join(pieces).encode("utf-8", "surrogatepass")).decode()
        if base and kind in (WRITTEN, NUMBER):
            return self.unseal(sealed)
        raise UnknownSecret(name.partition("|")[0])
