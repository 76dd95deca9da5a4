"""Loopback is not a wall: which user's process is at the other end of a connection, and whether it may come in."""
