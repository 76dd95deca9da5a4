"""Files that Python has compiled itself and cannot read: what a full disk, or a limit on the size of files, leaves."""

from __future__ import annotations

import os
import sys


def is_half(words: str) -> bool:
    """Whether an error's words are those of Python for such a file.

    They are "marshal data too short", "bad marshal data", "EOF read where object expected" and
    "EOF read where not expected".
    """
    return "marshal data" in words or "EOF read where" in words


def sentence(words: str) -> str:
    return (
        f"Python cannot read a file that it has compiled itself: {words}; a full disk, or a limit on the size of "
        "files, leaves such a half"
    )


def way_out() -> str:
    """The command that removes what was compiled, of this program and of its libraries; Python compiles it anew."""
    import shlex  # not in the memory of a daemon that hardly ever says this

    ours = os.path.abspath(f"{__file__}/../../..")
    places = " ".join(dict.fromkeys(shlex.quote(each) for each in (sys.prefix, ours)))
    return f"find {places} -name __pycache__ -prune -exec rm -r {{}} +"
