"""A project on disk: its file, its entry point, the manifests that come out of it, and YAML resource files.

Nothing is imported here, so that a command pays only for the part it uses.
"""
