"""The supervisor: `unit.py` knows how to start, probe and stop one process, `supervisor.py` when to."""
