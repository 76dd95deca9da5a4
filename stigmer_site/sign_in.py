"""One-time sign in: `stigmer ui` leaves a token file, the browser brings the token, nobody types anything."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from apps.resources.admin.links import change_url
from apps.resources.registry import KINDS
from stigmer_site.models import local_superuser

VALID_SECONDS = 60.0
# File times are coarser than the clock: a token may seem to come from a moment ahead.
CLOCK_SLACK_SECONDS = 1.0


@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign the bearer of an unused `?token=` in as the local superuser.

    In the query because logs name the paths of what they refuse: no token stands in one.

    Answers a page that moves on by itself rather than a redirect: after a redirect that another
    site's page began, a browser would not send the SameSite=Strict cookie it has just been given.
    """
    if not redeem(Path(settings.UI_TOKEN_DIR), request.GET.get("token", ""), now=time.time()):
        return explain(request, used_up=True)
    login(request, local_superuser(), backend="django.contrib.auth.backends.ModelBackend")
    return render(request, "stigmer/signed_in.html", {"next": page_of(request.GET.get("show", ""))})


def page_of(resource_id: str) -> str:
    """The page of what an id names, by its form: `stigmer ui` asks for one. The home page for anything else."""
    prefix, _, unique = resource_id.partition("-")
    kind = next((kind for kind in KINDS if kind.prefix == prefix), None)
    return change_url(kind, resource_id) if kind and unique.isalnum() and unique.isascii() else reverse("admin:index")


def explain(request: HttpRequest, *, used_up: bool = False, signed_out: bool = False) -> HttpResponse:
    """What to do when there is no session; there is no password to ask for."""
    context = {"used_up": used_up, "signed_out": signed_out}
    return render(request, "stigmer/explain.html", context, status=403 if used_up else 200)


def redeem(directory: Path, token: str, *, now: float) -> bool:
    """Whether `token` was issued at most 60 s ago and not used yet; it is used up by this call.

    The file's name is the hash of the token, so a listing of the directory gives no token away. Of
    two calls at the same time the one whose unlink succeeds wins.
    """
    path = directory / hashlib.sha256(token.encode()).hexdigest()
    try:
        issued = path.stat().st_mtime
        path.unlink()
    except FileNotFoundError:
        return False
    return -CLOCK_SLACK_SECONDS <= now - issued <= VALID_SECONDS
