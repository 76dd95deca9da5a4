"""What users do, from the command line to the end of a run, on whole installations."""
