"""Imported for its effect, before anything that needs tables: Django with the settings of the tests."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
