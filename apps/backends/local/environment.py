"""The environment of the daemon and its units, made from the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.backends.local.settings import LocalSettings

# Set for the user's own programs: in ours they would load the user's code, another project's Django
# settings, or make every start compile everything again.
_NOT_OURS: Final = frozenset(
    {
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONWARNINGS",
        "DJANGO_SETTINGS_MODULE",
        "STIGMER_OUT_DIR",
        "STIGMER_SUPERVISOR_FD",
    }
)


def for_server(environ: Mapping[str, str], settings: LocalSettings) -> dict[str, str]:
    """What the server's processes see: the user's environment less what is not meant for them, plus where they work."""
    kept = {name: value for name, value in environ.items() if name not in _NOT_OURS}
    where = {
        "STIGMER_DATA_DIR": settings.data_dir,
        "STIGMER_ENDPOINT": settings.endpoint,
        "STIGMER_WEB": settings.web,
        # Units write to a pipe: without this their last words would be lost in a buffer.
        "PYTHONUNBUFFERED": "1",
    }
    if settings.temporal_address:
        where["STIGMER_TEMPORAL"] = settings.temporal_address
        where["STIGMER_TEMPORAL_NAMESPACE"] = kept.get("STIGMER_TEMPORAL_NAMESPACE") or "default"
    if settings.llm:
        where["STIGMER_LLM_PROVIDER"] = settings.llm.provider
        where["STIGMER_LLM_MODEL"] = settings.llm.model
        where["STIGMER_LLM_BASE_URL"] = settings.llm.base_url
    return kept | where
