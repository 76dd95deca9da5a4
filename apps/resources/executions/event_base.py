"""What all events of runs have: a type, a form in which they are stored, and times as the contract writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Self

from apps.resources.json_value import Json
from apps.shared.masking import Masker

Data = dict[str, Json]
"""What a row keeps of an event, and what it holds of the contract's messages in their JSON form."""

DONE_IN = "done_in_try"
"""In the metadata of a task that a retry took over: in which try it was done."""


class UnknownEvent(LookupError):
    """A row is of a type that this version does not know: what it says must not be lost silently."""


class Event:
    """Something that happened in a run. Unless a subclass says otherwise, a row keeps its fields under their names."""

    __slots__: ClassVar[tuple[str, ...]] = ()
    type: ClassVar[str]
    """In rows, and in `oneof change` of the wire."""
    foreign: ClassVar[tuple[str, ...]] = ()
    """Its fields that hold what people, models, tools and services said: there a secret may stand."""
    noted: ClassVar[tuple[str, ...]] = ()
    """Those that we write ourselves, with texts from elsewhere in them: numbers in them are ours."""

    def as_data(self) -> Data:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_data(cls, data: Data) -> Self:
        return cls(**{name: data[name] for name in cls.__slots__ if name in data})

    def masked(self, masker: Masker) -> Self:
        """Itself, to be recorded of a run with these secrets."""
        if not masker:
            return self
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields |= {name: masker.value(fields[name]) for name in self.foreign}
        fields |= {name: masker.texts(fields[name]) for name in self.noted}
        return type(self)(**fields)

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}>"  # prompts and outputs do not belong in logs


class BareEvent(Event):
    """One with a single field: a row keeps just that."""

    __slots__: ClassVar[tuple[str, ...]] = ()

    def as_data(self) -> Data:
        (name,) = self.__slots__
        data: Data = getattr(self, name)
        return data

    @classmethod
    def from_data(cls, data: Data) -> Self:
        (name,) = cls.__slots__
        return cls(**{name: data})


def timestamp(at: datetime) -> str:
    """RFC 3339 UTC with milliseconds."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
