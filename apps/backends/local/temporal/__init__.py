"""Temporal, which runs workflows, as a unit of the daemon.

`run.py` is what the supervisor starts: a Python of a few moments that finds the program (`find.py`) or
downloads it (`release.py`, `download.py`), says that it is on its way, and becomes it by `exec`. So the unit
is the server itself: no process in between to pay for (10 MB for a bare interpreter) or to lose, and its
number, group and birth are those that the supervisor knows. The supervisor finds out by the port when it
serves. What `exec` takes away, a watcher for the daemon's death, the kernel gives back: on Linux it sends
TERM when the daemon is gone (`fate.py`); elsewhere the next start ends what is left (`leftovers.py`).
"""
