"""What the site of docs/ needs of mkdocs beyond its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.utils import get_relative_url

ELSEWHERE = "https://unpkg.com/iframe-worker/shim"
"""Where the theme would have every page ask for a script that searching from a disk needs."""
HERE = "assets/iframe-worker.js"

BESIDE = {"architecture.md": "ARCHITECTURE.md"}
"""Pages of the site that stand at the root of the project, where people look for them."""


def on_files(files: Files, config: Any, **more: Any) -> Files:  # Any: mkdocs' own
    """With those that stand elsewhere."""
    del more
    root = Path(config.config_file_path).parent
    for name, source in BESIDE.items():
        files.append(File.generated(config, name, abs_src_path=str(root / source)))
    return files


def on_post_page(output: str, page: Any, **more: Any) -> str:  # Any: mkdocs' own
    """The page with the script of the site itself."""
    del more
    return output.replace(ELSEWHERE, get_relative_url(HERE, page.url))


def on_post_template(output_content: str, template_name: str, **more: Any) -> str:  # Any: as above
    """The same for a page of the theme's."""
    del more
    return output_content.replace(ELSEWHERE, get_relative_url(HERE, template_name))
