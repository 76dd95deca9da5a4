"""Python modules compiled from proto/ by scripts/generate.py. Never edit them."""
