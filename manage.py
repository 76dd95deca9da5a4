#!/usr/bin/env python3
"""The maintenance door: `./manage.py migrate | shell | dbshell | check ...` on the same data."""

from stigmer_site.__main__ import main

if __name__ == "__main__":
    main()
