"""What `stigmer apply` runs: `python -P -m stigmer.entry main.py [arguments]`, in the directory of main.py.

The user's directory may hold files called stigmer.py, google.py or json.py. So everything the SDK needs is imported
first, and only then does that directory join the import path, as it does for any script.
"""

import os
import sys
from types import CodeType, ModuleType, TracebackType
from typing import NoReturn

# Imported for their effect: whatever is in `sys.modules` cannot be shadowed any more.
import stigmer_proto.agentic.agent.v1.api_pb2
import stigmer_proto.agentic.workflow.v1.api_pb2  # noqa: F401

from stigmer import exit_hook
from stigmer.errors import is_sdk_file

USAGE = "usage: python -P -m stigmer.entry FILE [ARGUMENT...]"


def main(arguments: list[str]) -> int:
    """Run a program. What it made is written when the process ends, unless it failed.

    The exit code: 0, 1 after an error, 2 for misuse, or the program's.
    """
    if not arguments:
        print(USAGE, file=sys.stderr)
        return 2
    exit_hook.take_over()
    path = os.path.abspath(arguments[0])  # noqa: PTH100 - pathlib costs 5 ms at import
    try:
        _run(path, arguments)
    except SystemExit:
        exit_hook.remove()
        raise
    except BaseException as error:
        exit_hook.remove()
        _show(error)
        return 1
    return 0


def _run(path: str, arguments: list[str]) -> None:
    """Run a file as the program: its directory is on the path, its name is __main__, it sees its own arguments.

    Returns when it ends well, by `sys.exit(0)` too. Raises what it raises, SystemExit included.
    """
    code = _compiled(path)
    sys.argv[:] = arguments
    sys.path.insert(0, os.path.dirname(path))  # noqa: PTH120
    module = ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    try:
        exec(code, module.__dict__)  # noqa: S102 - running the user's program is what this is for
    except SystemExit as ending:
        if not exit_hook.succeeded(ending.code):
            raise


def _compiled(path: str) -> CodeType:
    with open(path, "rb") as file:  # noqa: PTH123
        return compile(file.read(), path, "exec", dont_inherit=True)


def _show(error: BaseException) -> None:
    """Print an exception with the frames of the user's files only."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        part = pending.pop()
        if part is not None and id(part) not in seen:
            seen.add(id(part))
            part.__traceback__ = _users_frames(part.__traceback__)
            pending += [part.__cause__, part.__context__]
    if isinstance(error, TypeError):
        from stigmer.did_you_mean import add_note  # only on the way to an error

        add_note(error)
    sys.excepthook(type(error), error, error.__traceback__)


def _users_frames(traceback: TracebackType | None) -> TracebackType | None:
    if traceback is None:
        return None
    rest = _users_frames(traceback.tb_next)
    if is_sdk_file(traceback.tb_frame.f_code.co_filename):
        return rest
    return TracebackType(rest, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)


def run() -> NoReturn:
    """The program of this module."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
