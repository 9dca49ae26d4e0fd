"""The states of a tenant."""

from django.db import models


class TenantStatus(models.TextChoices):
    """Only an `active` tenant is served. `creating` is never seen outside the transaction that makes one."""

    CREATING = "creating", "Creating"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    DELETED = "deleted", "Deleted"
