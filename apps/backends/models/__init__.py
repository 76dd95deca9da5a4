"""Which models this installation can use, seen from the command line."""
