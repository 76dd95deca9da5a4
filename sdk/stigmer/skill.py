"""References to skills, which are pushed on their own (`stigmer skill push`)."""

from collections.abc import Iterable
from typing import Any, Final, Literal

from stigmer import checks
from stigmer.errors import DefinitionError

Scope = Literal["platform", "organization"]
SCOPES: Final = ("platform", "organization")


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


Skills = Iterable[SkillRef | str]


def skill_refs(owner: str, skills: object) -> list[dict[str, Any]]:
    """The references of a list that may hold slugs too."""
    given = checks.listed(owner, "skills", skills, "skills or slugs")
    named = [SkillRef(item) if isinstance(item, str) else item for item in given]
    found = checks.instances(owner, "skills", named, SkillRef)
    checks.unique(owner, "skills", (" ".join(filter(None, (item.scope, item.org, item.slug))) for item in found))
    return [item.to_dict() for item in found]
