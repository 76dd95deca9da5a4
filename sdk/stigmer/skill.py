"""Skills of a program, and references to skills that were pushed on their own (`stigmer skill push`)."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from stigmer import checks
from stigmer.errors import DefinitionError, caller
from stigmer.metadata import SCOPES, Metadata, Scope
from stigmer.registry import current
from stigmer.resource import Resource

if TYPE_CHECKING:
    from stigmer_proto.agentic.skill.v1.api_pb2 import Skill as SkillMessage

DIRECTORY: Final = "stigmer.ai/skill.directory"
"""Annotation by which `stigmer apply` finds the files of a skill. It is not deployed."""
SKILL_MD: Final = "SKILL.md"
LATEST: Final = "latest"


class Skill(Resource):
    """A skill to deploy: a directory with a SKILL.md in it, or the text of a SKILL.md alone.

    `path` is relative to the file that calls this. `tag` is what references may call this version.
    """

    kind: ClassVar[str] = "Skill"
    noun: ClassVar[str] = "skill"

    def __init__(
        self,
        name: str,
        *,
        path: "str | os.PathLike[str] | None" = None,
        text: str | None = None,
        tag: str = "",
        slug: str | None = None,
        scope: Scope = "organization",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
    ) -> None:
        owner = f'Skill("{name}")'
        super().__init__(
            Metadata(owner, name=name, slug=slug, scope=scope, labels=labels, annotations=annotations, tags=tags)
        )
        if (path is None) == (text is None):
            raise DefinitionError(owner, "path", "or text is needed, one of them")
        self.scope = scope
        self._directory = "" if path is None else _directory(owner, path)
        skill_md = _read(owner, self._directory) if text is None else checks.dedent(checks.text(owner, "text", text))
        if not skill_md:
            raise DefinitionError(owner, "text" if path is None else "path", f"has an empty {SKILL_MD}")
        if checks.version_tag(owner, "tag", tag) == LATEST:
            raise DefinitionError(owner, "tag", f'"{LATEST}" is what the newest version is called anyway')
        self._spec = {"skill_md": skill_md, "tag": tag}
        current().add(self)

    def to_dict(self, stamp: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The fields of the message, by their names in the contract."""
        files = {DIRECTORY: self._directory} if self._directory else {}
        return self.envelope(self._spec, {**(stamp or {}), **files})

    def to_message(self, stamp: Mapping[str, str] | None = None) -> "SkillMessage":
        """The message that is deployed. Imports protobuf."""
        from stigmer_proto.agentic.skill.v1.api_pb2 import Skill as SkillMessage

        return SkillMessage(**self.to_dict(stamp))


class SkillRef:
    """A skill by its slug, made by `skill()`."""

    def __init__(self, slug: str, *, scope: Scope | None = None, org: str = "", version: str = "") -> None:
        owner = f'skill("{slug}")'
        self.slug = checks.valid_slug(owner, "slug", slug)
        self.org = checks.text(owner, "org", org)
        self.version = checks.version_tag(owner, "version", version)
        found = scope or ("organization" if org else None)
        self.scope = found and checks.one_of(owner, "scope", found, SCOPES)
        if self.org and self.scope == "platform":
            raise DefinitionError(owner, "org", "must be empty for a platform skill: the platform owns it")

    def to_dict(self) -> dict[str, Any]:
        """The fields of an ApiResourceReference."""
        fields = {"kind": "skill", "slug": self.slug, "scope": self.scope, "org": self.org, "version": self.version}
        return {key: value for key, value in fields.items() if value}


def skill(slug: str, *, scope: Scope | None = None, org: str = "", version: str = "") -> SkillRef:
    """A skill for an agent to use.

    Without a scope it is looked up in the own organization first, then on the platform; `org=` names another
    organization. `version` is empty or "latest" for the newest, a tag, or the 64 hexadecimal digits of a version.
    """
    return SkillRef(slug, scope=scope, org=org, version=version)


Skills = Iterable[Skill | SkillRef | str]


def skill_refs(owner: str, skills: object) -> list[dict[str, Any]]:
    """The references of a list that may hold skills of the program and slugs, too."""
    given = checks.listed(owner, "skills", skills, "skills or slugs")
    named = [_reference(item) for item in given]
    found = checks.instances(owner, "skills", named, SkillRef)
    checks.unique(owner, "skills", (" ".join(filter(None, (item.scope, item.org, item.slug))) for item in found))
    return [item.to_dict() for item in found]


def _reference(item: object) -> object:
    if isinstance(item, Skill):
        return SkillRef(item.slug, scope=item.scope)
    return SkillRef(item) if isinstance(item, str) else item


def _directory(owner: str, path: object) -> str:
    if not isinstance(path, str | os.PathLike):
        raise DefinitionError(owner, "path", f"must be a path, not {checks.kind_of(path)}")
    beside = os.path.dirname(os.path.abspath(caller().filename))  # noqa: PTH100, PTH120 - no pathlib, as in errors
    found = os.path.normpath(os.path.join(beside, os.fspath(path)))  # noqa: PTH118
    if not os.path.isdir(found):  # noqa: PTH112
        raise DefinitionError(owner, "path", f"must be a directory with a {SKILL_MD} in it; {found} is none")
    return found


def _read(owner: str, directory: str) -> str:
    path = os.path.join(directory, SKILL_MD)  # noqa: PTH118
    try:
        with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        raise DefinitionError(owner, "path", f"has no {SKILL_MD} that can be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DefinitionError(owner, "path", f"has a {SKILL_MD} that is not UTF-8 text") from None
