"""The local backend: one daemon per data directory, the supervisor of the server's processes, and how to reach it."""
