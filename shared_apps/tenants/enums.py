"""The states of a tenant."""

from django.db import models


class TenantStatus(models.TextChoices):
    """Only an `active` tenant is served. `creating` is never seen outside the transaction that makes one.

    A `deleted` tenant answers no longer and can be brought back; of a `dropped` one only the names are left.
    """

    CREATING = "creating", "Creating"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    DELETED = "deleted", "Closed"
    DROPPED = "dropped", "Dropped"
