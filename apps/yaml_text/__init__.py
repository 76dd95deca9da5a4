"""YAML that people write and read, the same for the command line and for the admin.

Of ours it imports nothing but apps.shared.
"""
