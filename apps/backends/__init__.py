"""Where resources live: the local daemon (`local/`) or the cloud, and the configuration that chooses between them.

Importable without Django. Everything here is on the way of every command, so modules import little
and heavy libraries (yaml, psutil, grpc) only inside the function that needs them.
"""
