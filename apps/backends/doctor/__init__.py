"""What may be wrong with an installation, and how it is mended."""
