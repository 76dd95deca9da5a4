"""The Python SDK of Stigmer: declare agents and workflows in code."""
