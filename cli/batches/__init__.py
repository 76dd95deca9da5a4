"""Many runs of one thing: a file of lines, or what failed of an earlier batch, so many at a time."""
