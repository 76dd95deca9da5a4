"""The version of this program: the one place it is written in code (a test compares it with pyproject.toml).

A constant, because asking the installed package's metadata costs every command 10 ms.
"""

from typing import Final

VERSION: Final = "0.1.0"
