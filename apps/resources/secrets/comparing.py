"""Which stored secrets have another value than others, without telling what it is."""

from __future__ import annotations

from apps.resources.secrets import vault


def other_secrets(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Paths at which both have a secret, each another one."""
    both = ((path, sealed, before[path]) for path, sealed in after.items() if path in before)
    return [path for path, sealed, earlier in both if sealed != earlier and not _is_one_value(sealed, earlier)]


def _is_one_value(sealed: str, other: str) -> bool:
    """Two ciphertexts may be of one value, under different keys."""
    try:
        return vault.same(sealed, vault.unseal(other))
    except KeyError:
        return False
