from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from apps.resources.admin.resource import ResourceAdmin
from apps.resources.api.authentication import authenticate
from apps.resources.base import Resource
from apps.resources.caller import SYSTEM
from apps.resources.ports import machine
from apps.resources.registry import SKILL
from apps.resources.storage.lookup import visible
from apps.resources.storage.skill_artifacts import find_artifact, versions_of

FILES_SHOWN = 200
VERSIONS_SHOWN = 50
DOWNLOAD = "resources_skill_artifact"


class SkillAdmin(ResourceAdmin):
    """Its page shows the files of a skill, and its versions, which can be downloaded."""

    icon = "school"
    empty_command = "stigmer skill push"
    spec_example = """\
skill_md: |
  ---
  name: release-notes
  description: Writes the notes of a release. Use it when somebody asks what is new.
  ---
  Read the log since the last tag, and tell what changed for whoever uses the program.
"""

    def parts(self, row: Resource) -> list[tuple[str, SafeString]]:
        return [("Files", self.files(row)), ("Versions", self.versions(row))]

    def files(self, row: Resource) -> SafeString:
        # As SYSTEM: whoever sees the skill sees what it is made of.
        artifact = find_artifact(row.status["version_hash"], SYSTEM)
        files = artifact.files if artifact else []
        facts = [(name, f"{size:,} bytes") for name, size in files[:FILES_SHOWN]]
        if len(files) > FILES_SHOWN:
            facts.append(("…", f"and {len(files) - FILES_SHOWN:,} more"))
        return _facts(facts)

    def versions(self, row: Resource) -> SafeString:
        return _facts(
            [
                (
                    f"{version.number}{f' · {version.tag}' if version.tag else ''}",
                    format_html(
                        '<a class="stigmer-link" href="{}"><code>{}</code></a>',
                        reverse(f"admin:{DOWNLOAD}", args=[row.pk, version.version_hash]),
                        version.version_hash,
                    ),
                )
                for version in versions_of(row.pk)[:VERSIONS_SHOWN]
            ]
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.artifact_view)
        return [path("<path:object_id>/artifact/<str:digest>/", view, name=DOWNLOAD), *super().get_urls()]

    @method_decorator(require_GET)
    def artifact_view(self, request: HttpRequest, object_id: str, digest: str) -> FileResponse:
        """The archive of one version."""
        row = visible(SKILL, authenticate(request)).only("pk", "slug").filter(pk=object_id).first()
        if row is None or not versions_of(row.pk).filter(version_hash=digest).exists():
            raise Http404
        try:
            file = machine().blobs.open(digest)
        except KeyError:
            raise Http404 from None
        return FileResponse(file, as_attachment=True, filename=f"{row.slug}-{digest[:12]}.zip")


def _facts(facts: list[tuple[str, Any]]) -> SafeString:
    shown = format_html_join("", "<dt>{}</dt><dd>{}</dd>", facts)
    return format_html('<dl class="stigmer-facts">{}</dl>', shown)
