"""What a child does before its program starts, as Python that it runs in place of what `preexec_fn` would do.

That one runs in a fork of the process of the tests, where gRPC's threads are gone and its locks are not: now and then
such a child hung before it began.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2

OBEY_PERMISSIONS = f"""\
import ctypes
for capability in ({CAP_DAC_OVERRIDE}, {CAP_DAC_READ_SEARCH}):
    ctypes.CDLL(None).prctl({PR_CAPBSET_DROP}, capability, 0, 0, 0)
"""
"""File permissions count for a child of root as for everybody else."""


def limit_files(size: int) -> str:
    """Files cannot grow beyond `size` bytes, although there is room on the disk."""
    return f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"


def behind(prelude: str, command: Sequence[str]) -> list[str]:
    """`command`, an absolute path and its arguments, after `prelude`; as it is where that is empty."""
    if not prelude:
        return list(command)
    program = f"{prelude}\nimport os, sys\nos.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-I", "-S", "-c", program, *command]
