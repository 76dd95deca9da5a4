"""The program of the process that runs jq. Started by path, so it imports nothing of ours.

Reads requests from the socket that is its standard input and answers each: (length of program, length of document)
as two 32-bit numbers, then both as UTF-8; back come a status byte, a length and a text. An empty document asks only
whether the program compiles. Arguments: bytes of address space, seconds of computing for one evaluation, bytes of a
result. An evaluation that computes longer ends the process by SIGPROF.
"""

import contextlib
import importlib
import os
import resource
import signal
import socket
import struct
import sys
from types import ModuleType
from typing import Any

REQUEST = struct.Struct("!II")
ANSWER = struct.Struct("!BI")
OK, FAILED, TOO_LARGE = 0, 1, 2
_CACHED_PROGRAMS = 512
_AS_TEXT = " | tojson"
"""jq keeps every digit of a number that it only moves, as Python's objects of jq would not."""


def main() -> None:
    # Not at the top: the parent reads the constants above and must not load jq.
    jq = importlib.import_module("jq")

    memory, seconds, largest = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    os.environ.clear()
    for limit, value in _limits(memory):
        # Not every system lets a process set each of these; the parent's own limits hold in any case.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
    programs: dict[str, Any] = {}
    with socket.socket(fileno=0) as connection:
        while (request := _read(connection, REQUEST.size)) is not None:
            program_size, document_size = REQUEST.unpack(request)
            program = (_read(connection, program_size) or b"").decode()
            document = (_read(connection, document_size) or b"").decode()
            # What others compute meanwhile does not count: a busy machine fails no workflow.
            signal.setitimer(signal.ITIMER_PROF, seconds)
            status, text = _answer(jq, programs, program, document)
            signal.setitimer(signal.ITIMER_PROF, 0)
            body = text.encode("utf-8", "replace")
            if len(body) > largest:
                status, body = TOO_LARGE, str(len(body)).encode()
            connection.sendall(ANSWER.pack(status, len(body)) + body)


def _limits(memory: int) -> list[tuple[int, int]]:
    """Memory, and nothing at all of files: 3 descriptors are open already, so no other can be."""
    return [
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ]


def _answer(jq: ModuleType, programs: dict[str, Any], program: str, document: str) -> tuple[int, str]:
    try:
        compiled = programs.get(program)
        if compiled is None:
            if len(programs) >= _CACHED_PROGRAMS:
                programs.clear()
            jq.compile(program)  # first, for its complaint is of what its author wrote
            compiled = programs[program] = jq.compile(program + _AS_TEXT)
        if not document:
            return OK, ""
        # Only the first value: asking for all of them would never end for `repeat(1)`.
        return OK, next(iter(compiled.input_text(document)), "null")
    except RecursionError:
        return FAILED, "the result is nested too deeply"
    except MemoryError:
        return FAILED, "it needs too much memory"
    except Exception as error:
        return FAILED, str(error)


def _read(connection: socket.socket, size: int) -> bytes | None:
    """Exactly `size` bytes; None when the parent is gone."""
    chunks: list[bytes] = []
    while size:
        chunk = connection.recv(min(size, 1 << 20))
        if not chunk:
            return None
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


if __name__ == "__main__":
    main()
