"""YAML that people write and read, the same for the command line and for the admin. Imports nothing of ours but apps.shared."""
