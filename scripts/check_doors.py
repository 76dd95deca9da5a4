#!/usr/bin/env python3
"""Refuse ways to rows of tables that go around the door of reads.

Usage: check_doors.py [DIRECTORY]    look at apps, cli, sdk and stigmer_site in DIRECTORY (this checkout if not given)

Model managers, and the statements that read past them, are used where rows are kept: the rooms storage, executions and
maintenance of apps/resources, a kind's model.py, an app's models.py, migrations. Everybody else calls a function with a
name there, which takes the caller: `lookup.visible(kind, caller)`, `runs_of_session(...)`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

ROOT = Path(__file__).resolve().parent.parent
LOOKED_AT = ("apps", "cli", "sdk", "stigmer_site")
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
STATEMENTS = "apps.resources.storage.statements"
READING = frozenset({"fetch_row", "fetch_values", "fetch_after", "find"})
"""Of STATEMENTS: they ask nobody who is asking."""
ROOMS = (
    "apps/resources/storage/*.py",
    "apps/resources/executions/*.py",
    "apps/resources/maintenance/*.py",
    "apps/resources/kinds/*/model.py",
    "apps/*/models.py",
    "apps/*/migrations/*.py",
    "stigmer_site/models.py",
)


def main(root: Path) -> int:
    found = [
        f"{path.relative_to(root)}:{line}: {what}"
        for top in LOOKED_AT
        for path in sorted((root / top).rglob("*.py"))
        if not is_allowed(path.relative_to(root))
        for line, what in violations(ast.parse(path.read_text()))
    ]
    for each in found:
        print(each)
    if found:
        print("Call a named function of apps/resources/storage or executions instead: `visible(kind, caller)`, ...")
    return 1 if found else 0


def is_allowed(path: PurePath) -> bool:
    return any(path.match(room) and len(path.parts) == room.count("/") + 1 for room in ROOMS)


def violations(module: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, what is wrong there), in the order of the text."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            yield node.lineno, f"`{ast.unparse(node)}`: this is no place for a model's manager"
        elif isinstance(node, ast.ImportFrom) and node.module == STATEMENTS:
            for name in sorted(READING & {alias.name for alias in node.names}):
                yield node.lineno, f"`{name}` of {STATEMENTS} reads whoever asks"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
