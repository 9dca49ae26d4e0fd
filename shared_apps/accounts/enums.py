"""Who a user is."""

from django.db import models


class Role(models.TextChoices):
    """`owner` and `staff` stand in a tenant's schema, `admin` and `support` in public."""

    OWNER = "owner", "Owner"
    STAFF = "staff", "Staff"
    ADMIN = "admin", "Platform admin"
    SUPPORT = "support", "Platform support"


TENANT_ROLES = frozenset({Role.OWNER, Role.STAFF})
PLATFORM_ROLES = frozenset({Role.ADMIN, Role.SUPPORT})
