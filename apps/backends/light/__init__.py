"""Asking a server of this machine without grpc and protobuf, whose imports take as long as all else of a short command.

For one purpose, the names that a shell offers. `http2.py` makes the calls, `wire.py` reads messages by the numbers of
their fields, `names.py` asks. Whatever goes wrong is a LightCallFailed; who can wait uses GrpcBackend.
"""
