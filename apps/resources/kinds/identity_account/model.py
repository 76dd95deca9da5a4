from django.db import models

from apps.resources.base import Resource
from apps.resources.identity import MAX_NAME


class IdentityAccount(Resource):
    """A person, or a program, that can be signed in."""

    idp_id = models.CharField(max_length=MAX_NAME, editable=False)
    email = models.CharField(max_length=MAX_NAME, blank=True, default="", editable=False)

    class Meta(Resource.Meta):
        abstract = False
        verbose_name = "identity account"
        constraints = [
            *Resource.Meta.constraints,
            models.UniqueConstraint(fields=["idp_id"], name="account_by_idp_id"),
            models.UniqueConstraint(fields=["email"], condition=~models.Q(email=""), name="account_by_email"),
        ]

    def __str__(self) -> str:
        return self.name
