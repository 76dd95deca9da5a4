"""Signing in to the admin with an API key. It is kept sealed in the session, and counts as long as the key does."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.resources.errors import NotSignedIn
from apps.resources.kinds.identity_account.actions import own_account
from apps.resources.secrets import vault
from stigmer_site.cloud.pages import KEY, KEYS
from stigmer_site.models import user_of


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """GET asks for a key, POST takes it. A refusal repeats none of it."""
    if request.method != "POST":
        return render(request, "stigmer/key_sign_in.html")
    key = request.POST.get("key", "").strip()
    try:
        account = own_account(KEYS.of_key(key))
    except NotSignedIn as refused:
        complaint = f"{refused.message[0].upper()}{refused.message[1:]}."
        return render(request, "stigmer/key_sign_in.html", {"complaint": complaint}, status=403)
    login(request, user_of(account.pk, account.name), backend="django.contrib.auth.backends.ModelBackend")
    request.session[KEY] = vault.seal(key)
    return HttpResponseRedirect(reverse("admin:index"))
