"""Telling people elsewhere that runs fail: what is told when, and how it reaches them. No Django, no network of its own
but what `channels` is asked to reach."""
