"""When the platform's support was in a tenant's dashboard, in that tenant's schema."""

from django.db import models
from django.db.models.functions import Now


class SupportAccess(models.Model):
    """One support session: who, since when and until when at most, who raised it, who ended it.

    `grant_id` is that of public's SupportGrant; no key crosses schemas. The session in the browser holds this row's id
    and is worth what this row says.
    """

    grant_id = models.BigIntegerField()
    email = models.CharField(max_length=254)
    opened_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField()
    raised_at = models.DateTimeField(null=True, default=None)
    raised_by = models.CharField(max_length=254, blank=True, default="")
    ended_at = models.DateTimeField(null=True, default=None)
    ended_by = models.CharField(max_length=254, blank=True, default="")

    def __str__(self) -> str:
        return f"support access {self.pk}"
