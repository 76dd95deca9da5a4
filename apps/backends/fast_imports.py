"""Importing grpc and protobuf without what they load and we never use: a third of the time they take.

Every command that talks to a server pays for these imports. Three modules are kept out while they happen:

- `ssl`, which grpc loads by way of asyncio; grpc's own TLS is compiled in and does not need it, and asyncio
  goes without where there is none.
- grpc's interface for asyncio, written in Python.
- protobuf's implementation in pure Python, which its own imports drag in although the compiled one is used.

All can be imported as ever afterwards. Meant for short-lived processes of ours that use no asyncio.

Ctrl-C waits while protobuf makes the classes of a generated module: its compiled code crashes (SIGSEGV, one in
two hundred interrupted commands) when an exception comes in between.
"""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from functools import wraps
from types import ModuleType
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What may be made a KeyboardInterrupt: Ctrl-C always is."""
ASYNCHRONOUS = "grpc.aio"
PURE_PYTHON = "google.protobuf.internal.python_message"


def load_grpc() -> None:
    """Import grpc; nothing to do where it or asyncio is there already."""
    if "grpc" in sys.modules or "asyncio" in sys.modules:
        return
    with in_place_of("ssl", None), in_place_of(ASYNCHRONOUS, ModuleType(ASYNCHRONOUS)):
        import grpc  # noqa: F401


def load_protobuf() -> None:
    """Import what every generated module begins with."""
    if "google.protobuf.descriptor_pool" in sys.modules:
        return
    from google.protobuf.internal import api_implementation

    if api_implementation.Type() == "upb":
        with in_place_of(PURE_PYTHON, ModuleType(PURE_PYTHON)):
            from google.protobuf.internal import builder

            builder.BuildTopDescriptorsAndMessages = uninterrupted(builder.BuildTopDescriptorsAndMessages)


def uninterrupted(act: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """`act`, at whose end a Ctrl-C comes that was pressed meanwhile."""

    @wraps(act)
    def whole(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        if threading.current_thread() is not threading.main_thread():  # others are never interrupted
            return act(*arguments, **named)
        ending = [number for number in ENDING if signal.getsignal(number) is signal.default_int_handler]
        came: list[int] = []
        for number in ending:
            signal.signal(number, lambda number, _: came.append(number))
        try:
            result = act(*arguments, **named)
        finally:
            for number in ending:
                signal.signal(number, signal.default_int_handler)
        if came:
            raise KeyboardInterrupt
        return result

    return whole


@contextmanager
def in_place_of(name: str, module: ModuleType | None) -> Iterator[None]:
    """Have imports of `name` find `module`, or fail for None; not where the real one is loaded already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = module  # type: ignore[assignment]  # None is how a module is said not to exist
    try:
        yield
    finally:
        del sys.modules[name]
