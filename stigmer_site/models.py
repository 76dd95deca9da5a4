"""The person of a local installation, in Django's own table of users: the site has none of its own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User


def local_superuser() -> User:
    """Made on first use, without a password."""
    user, created = User.objects.get_or_create(
        username=settings.LOCAL_ACTOR, defaults={"is_staff": True, "is_superuser": True}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
