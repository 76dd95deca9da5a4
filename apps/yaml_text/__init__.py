"""YAML that people write, read the same way by the command line and by the admin. Imports nothing of ours."""
