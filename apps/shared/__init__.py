"""Small rules that the command line and the server must follow alike. Imports nothing of ours, no Django, no gRPC."""
