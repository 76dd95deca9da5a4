"""Those who sign in to the admin, in Django's own table of users: the site has none of its own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User


def local_superuser() -> User:
    """Made on first use, without a password."""
    return user_of(settings.LOCAL_ACTOR)


def user_of(name: str, shown: str = "") -> User:
    """The user that pages know an account by; what it may do there is decided as for calls, not by Django."""
    user, created = User.objects.get_or_create(
        username=name, defaults={"is_staff": True, "is_superuser": True, "first_name": shown[:150]}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
