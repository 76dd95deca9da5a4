"""Many runs of one thing: lines that are all checked before the first is started, then so many runs at a time.

For command line and `stigmer.Client` alike: `lines.py` reads what each run is given, `checking.py` judges it, `runs.py`
makes runs of lines and finds what failed of an earlier batch, `driver.py` starts them and waits for their ends.
"""

from typing import Final

PARALLEL: Final = 8
"""Runs at a time, where nobody says how many."""
MOST_PARALLEL: Final = 64
