"""Zip archives of skills: made the same every time, and read without believing what they say about themselves.

Of ours it imports nothing but apps.shared and apps.yaml_text.
"""
