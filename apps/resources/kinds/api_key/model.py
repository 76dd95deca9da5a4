from datetime import datetime

from django.db import models
from django.utils.dateparse import parse_datetime

from apps.resources.base import Resource
from apps.resources.kinds.identity_account.model import IdentityAccount

HASH_LENGTH = 64
PREFIX_LENGTH = 16
STAMP_LENGTH = 40


class ApiKey(Resource):
    """What a program proves with whose it is. The key itself is told once, and kept nowhere."""

    # No index of its own: the constraint below begins with it.
    account = models.ForeignKey(
        IdentityAccount, on_delete=models.CASCADE, related_name="api_keys", editable=False, db_index=False
    )
    prefix = models.CharField(max_length=PREFIX_LENGTH, editable=False)
    """How the key begins, by which it is found."""
    key_hash = models.CharField(max_length=HASH_LENGTH, editable=False)
    """HMAC-SHA256 of the key, with the pepper of the installation."""
    expires_at = models.CharField(max_length=STAMP_LENGTH, blank=True, default="", editable=False)

    class Meta(Resource.Meta):
        abstract = False
        verbose_name = "API key"
        constraints = [
            # Names are an account's own.
            models.UniqueConstraint(fields=["account", "slug", "org", "owner_scope"], name="api_key_identity"),
            models.UniqueConstraint(fields=["prefix", "key_hash"], name="api_key_by_prefix"),
        ]

    @property
    def expiry(self) -> datetime | None:
        return parse_datetime(self.expires_at) if self.expires_at else None
