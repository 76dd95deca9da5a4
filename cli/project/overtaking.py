"""A program that nobody waits for any more."""

from __future__ import annotations


class Overtaken(Exception):
    """The program of a project was ended before its end: what it was made of has been saved anew."""
