"""Workflow runs: one tree, one interpreter, one file per task kind. See README.md."""
