"""The door of the admin, as middleware."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.resources.errors import ForeignUser, StigmerError, TokenRequired
from stigmer_site.admission.door import Door
from stigmer_site.middleware import GetResponse, plain


def own_user_only(get_response: GetResponse) -> GetResponse:
    """Nothing at all, static files neither, for processes of other users."""
    door = Door(settings.WEB, settings.API_TOKEN)

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            door.admit_request(request)
        except ForeignUser as error:
            return _refusal(403, error)
        return get_response(request)

    return middleware


def token_or_session(get_response: GetResponse) -> GetResponse:
    """Where a token is required: pages for who brings it or is signed in, which takes a file of the owner as well."""
    door = Door(settings.WEB, settings.API_TOKEN)

    def middleware(request: HttpRequest) -> HttpResponse:
        if (
            not door.requires_token
            or request.path == reverse("sign_in")
            or request.user.is_authenticated
            or door.has_token(request)
        ):
            return get_response(request)
        response = _refusal(401, TokenRequired())
        response.headers["WWW-Authenticate"] = "Bearer"
        return response

    return middleware


def _refusal(status: int, error: StigmerError) -> HttpResponse:
    return plain(status, f"{error.message[0].upper()}{error.message[1:]}. {error.hint}.")
