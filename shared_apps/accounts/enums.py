"""Who a user is, and what a key may do."""

from django.db import models


class Role(models.TextChoices):
    """`owner` and `staff` stand in a tenant's schema, `admin` and `support` in public."""

    OWNER = "owner", "Owner"
    STAFF = "staff", "Staff"
    ADMIN = "admin", "Platform admin"
    SUPPORT = "support", "Platform support"


TENANT_ROLES = frozenset({Role.OWNER, Role.STAFF})
PLATFORM_ROLES = frozenset({Role.ADMIN, Role.SUPPORT})


class Scope(models.TextChoices):
    """What an API key opens: reading, or also completing and reopening."""

    READ = "read", "Read"
    WRITE = "write", "Read and write"


class MemberState(models.TextChoices):
    """Where a person of a tenant stands: `invited` has not chosen a password yet."""

    ACTIVE = "active", "Active"
    INVITED = "invited", "Invited"
    DEACTIVATED = "deactivated", "Deactivated"
