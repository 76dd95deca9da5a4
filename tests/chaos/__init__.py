"""Processes of a real installation are killed while runs are under way, and each run is judged afterwards.

`python -m tests.chaos --kills 200 --seed 7` does so at length and prints a table; the test does a little of it.
"""
