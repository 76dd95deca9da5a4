"""The version of the SDK, written into what it produces."""

from typing import Final

# A constant, because reading it from the installed package's metadata costs 15 ms at every start.
__version__: Final = "0.1.0"
