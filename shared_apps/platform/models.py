"""What the platform keeps for itself, in public."""

import secrets

from django.db import models
from django.db.models.functions import Now

from shared_apps.accounts.models import User
from shared_apps.tenants.models import Tenant


def new_token() -> str:
    """Return 128 random bits in hexadecimal: it is read aloud and typed into forms of registrars."""
    return secrets.token_hex(16)


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


class DomainClaim(models.Model):
    """That a tenant says a domain is its own. Until the DNS says so too, it is nobody's, and others may say the same.

    `verified_at` is since when it is proven and served: then it stands in Domain as well, once for all tenants.
    `missing_since` is since when the proof is gone again; it is served for a grace period still.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="claims")
    host = models.CharField(max_length=253)
    token = models.CharField(max_length=32, default=new_token)
    created_at = models.DateTimeField(db_default=Now())
    checked_at = models.DateTimeField(null=True, default=None)
    verified_at = models.DateTimeField(null=True, default=None)
    missing_since = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "host"], name="domain_claim_unique")]

    def __str__(self) -> str:
        return f"claim {self.pk}"
