from django.db import models

from apps.resources.base import Resource

WORD_LENGTH = 256
RELATION_LENGTH = 64


class IamPolicy(Resource):
    """One tuple: a principal stands in a relation to a resource. Permissions are answered from these alone.

    Kinds are words of the contract in one spelling (`identity_account`), whichever the spec uses. A principal with a
    relation stands for all who have that relation to it: members of a team.
    """

    resource_kind = models.CharField(max_length=WORD_LENGTH, editable=False)
    resource_id = models.CharField(max_length=WORD_LENGTH, editable=False)
    relation = models.CharField(max_length=RELATION_LENGTH, editable=False)
    principal_kind = models.CharField(max_length=WORD_LENGTH, editable=False)
    principal_id = models.CharField(max_length=WORD_LENGTH, editable=False)
    principal_relation = models.CharField(max_length=WORD_LENGTH, blank=True, default="", editable=False)

    class Meta(Resource.Meta):
        abstract = False
        verbose_name = "IAM policy"
        constraints = [
            *Resource.Meta.constraints,
            # Found from the resource's side, and below from the principal's.
            models.UniqueConstraint(
                fields=[
                    "resource_id",
                    "resource_kind",
                    "relation",
                    "principal_id",
                    "principal_kind",
                    "principal_relation",
                ],
                name="policy_by_resource",
            ),
        ]
        indexes = [
            *Resource.Meta.indexes,
            models.Index(
                fields=[
                    "principal_id",
                    "principal_kind",
                    "principal_relation",
                    "resource_kind",
                    "relation",
                    "resource_id",
                ],
                name="policy_by_principal",
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.principal_kind} {self.principal_id} is {self.relation} of {self.resource_kind} {self.resource_id}"
        )
