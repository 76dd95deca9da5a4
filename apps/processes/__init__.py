"""Processes of this machine and the addresses that they listen on, for whoever starts, finds or ends them.

Shared by the command line, the daemon and its units: imports nothing of ours, no Django, and psutil only where needed.
"""
