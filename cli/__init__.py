"""The command line of Stigmer."""
