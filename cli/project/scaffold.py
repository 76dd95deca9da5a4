"""`stigmer new`: a project that deploys as it is generated, copied from `templates/<runtime>/<template>/`."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from apps.shared.slugs import slug_of
from cli.output import as_json
from cli.project import schema
from cli.project.errors import CannotCreate
from cli.project.plain_yaml import read_plain
from cli.project.project_file import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATES = Path(__file__).parent / "templates"
DEFAULT_TEMPLATE = "default"
PLACEHOLDER = re.compile(r"\{\{(name|slug|title)\}\}")
# A name that git and packaging tools would read as their own where the template lies.
RENAMED = {"gitignore": ".gitignore"}
# Where a project answers by itself, and lines that are meant for such a project, or for all others.
SCRIPT = "answers.yaml"
ONLY = re.compile(r"^(.*)\{\{(scripted|asking)\}\}(.*\n)", re.MULTILINE)
# What may be in the directory already: a repository made before the project.
ALLOWED_BEFORE = frozenset({".git"})
# 63 for a slug, less what the templates append for the workflow's.
MAX_SLUG = 63 - len("-hello")


def template_names(runtime: str) -> list[str]:
    """The templates there are for a runtime, the default one first."""
    names = sorted(path.name for path in (TEMPLATES / runtime).iterdir() if path.is_dir())
    return sorted(names, key=lambda name: name != DEFAULT_TEMPLATE)


def create_project(
    directory: Path,
    *,
    name: str = "",
    runtime: str = Runtime.PYTHON,
    template: str = DEFAULT_TEMPLATE,
    is_scripted: bool = False,
) -> list[Path]:
    """Writes a new project into `directory` and returns the files, sorted. The name defaults to the directory's.

    One that `is_scripted` answers from a file of its own, so that it runs where there is no model.
    Raises CannotCreate, and leaves nothing behind then.
    """
    name = name or directory.absolute().name
    slug = _checked_slug(name)
    source = _template(runtime, template)
    _check_free(directory)
    values = {
        "name": _yaml_text(name),
        "slug": slug,
        "title": name,
    }
    existed = directory.exists()
    written: list[Path] = []
    try:
        for part, text in _contents(source, is_scripted=is_scripted):
            file = directory / part
            file.parent.mkdir(parents=True, exist_ok=True)
            written.append(file)
            file.write_text(_filled(text, values), encoding="utf-8")
    except OSError as error:
        _undo(directory, written, existed=existed)
        why = (error.strerror or str(error)).lower()
        raise CannotCreate(
            f"cannot write {error.filename or directory}: {why}", hint="Name another directory"
        ) from None
    return sorted(written)


def _checked_slug(name: str) -> str:
    slug = slug_of(name)
    if not slug or not name.isprintable():
        raise CannotCreate(
            f"the name {name!r} makes no slug: nothing of it is a letter a-z, a digit or a hyphen"
            if not slug
            else f"the name {name!r} holds characters that cannot be printed",
            hint="Choose a name like `my-agent`",
        )
    if len(slug) > MAX_SLUG:
        raise CannotCreate(
            f"the name {name!r} is too long: its slug has {len(slug)} characters, a project's at most {MAX_SLUG}",
            hint="Choose a shorter name",
        )
    return slug


def _template(runtime: str, template: str) -> Path:
    runtimes = [str(known) for known in Runtime]
    if runtime not in runtimes:
        raise CannotCreate(f"unknown runtime {runtime!r}", hint=f"Use one of {', '.join(runtimes)}")
    names = template_names(runtime)
    if template not in names:
        raise CannotCreate(
            f"there is no template {template!r} for runtime {runtime}", hint=f"Templates are {', '.join(names)}"
        )
    return TEMPLATES / runtime / template


def _check_free(directory: Path) -> None:
    """Refuses a file, and a directory with anything in it."""
    if directory.exists() and not directory.is_dir():
        raise CannotCreate(f"{directory} is a file", hint="Name a directory that does not exist yet")
    try:
        there = sorted(path.name for path in directory.iterdir() if path.name not in ALLOWED_BEFORE)
    except FileNotFoundError:
        return
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CannotCreate(f"cannot look into {directory}: {why}", hint="Name another directory") from None
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise CannotCreate(
            f"the directory {directory} is not empty: it holds {there[0]}{more}",
            hint="Name a directory that does not exist yet, or an empty one",
        )


def _contents(source: Path, *, is_scripted: bool) -> Iterator[tuple[Path, str]]:
    """Path below the project and text of each file. Installers compile what they find, which is no part of it."""
    meant = "scripted" if is_scripted else "asking"
    for file in sorted(source.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts and (is_scripted or file.name != SCRIPT):
            part = file.relative_to(source)
            text = ONLY.sub(lambda line: line[1] + line[3] if line[2] == meant else "", file.read_text("utf-8"))
            yield part.with_name(RENAMED.get(part.name, part.name)), text
    yield schema.FILE, f"{as_json(schema.of_project())}\n"


def _yaml_text(name: str) -> str:
    """In quotes wherever YAML might take it for something else; JSON's quotes are YAML's too."""
    return name if read_plain(f"name: {name}") == {"name": name} else json.dumps(name, ensure_ascii=False)


def _filled(text: str, values: dict[str, str]) -> str:
    """In one pass: a value may look like a placeholder."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _undo(directory: Path, written: list[Path], *, existed: bool) -> None:
    if not existed:
        shutil.rmtree(directory, ignore_errors=True)
        return
    for file in written:
        file.unlink(missing_ok=True)
        if file.parent != directory:
            with suppress(OSError):  # it was not made, or another file is in it still
                file.parent.rmdir()
