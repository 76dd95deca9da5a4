"""No two modules of ours need each other, not for types either."""

from __future__ import annotations

import grimp

PACKAGES = ("apps", "cli", "stigmer", "stigmer_site")


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False, cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert entangled(imports) == set()


def test_circles_are_found_with_nothing_around_them() -> None:
    imports = {"top": {"a"}, "a": {"b"}, "b": {"c", "leaf"}, "c": {"a"}, "leaf": set(), "self": {"self"}}
    assert entangled(imports) == {"a", "b", "c", "self"}


def entangled(imports: dict[str, set[str]]) -> set[str]:
    """The modules that are in a circle, or on a way from one circle to another."""
    importers: dict[str, set[str]] = {name: set() for name in imports}
    for name, imported in imports.items():
        for other in imported & imports.keys():
            importers[other].add(name)
    left = set(imports)
    while free := {name for name in left if not imports[name] & left or not importers[name] & left}:
        left -= free
    return left
