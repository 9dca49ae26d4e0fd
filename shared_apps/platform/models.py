"""What the platform keeps for itself, in public."""

from django.db import models
from django.db.models.functions import Now

from shared_apps.accounts.models import User
from shared_apps.tenants.models import Tenant


class SupportGrant(models.Model):
    """Leave for one of the platform's people to open one tenant's dashboard, once, within a minute.

    `digest` is all that is kept of the link's token. What is `revoked` opens nothing, and ends what it has opened.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, default=None)
    revoked_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="support_grant_digest_unique")]

    def __str__(self) -> str:
        return f"grant {self.pk}"
