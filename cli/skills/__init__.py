"""Skills on the command line: from directories to archives, and back."""
