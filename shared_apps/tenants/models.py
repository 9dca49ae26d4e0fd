"""Tenant and Domain say which schema a host name leads to; DueWork, which tenants have work; Heartbeat, who works.

They live in public.
"""

import secrets

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Least, Now
from django_tenants.models import DomainMixin, TenantMixin

from shared_apps.tenants.enums import TenantStatus

_SCHEMA_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def new_schema_name() -> str:
    """Return `t_` and 16 random characters: opaque, never changed, never used again, never quoted by the server."""
    return "t_" + "".join(secrets.choice(_SCHEMA_ALPHABET) for _ in range(16))


class Tenant(TenantMixin):
    """One business. Made by `shared_apps.platform.services.provision_tenant` only.

    `generation` and `changed_at` move with every change that web processes hold a copy of; see
    `shared_apps.tenants.services.touch_tenant`. `schema_version` stands for the migrations its schema is known to
    have, `schema_failure` is the class and SQLSTATE of the last one that failed, "" when none did; both are kept by
    `shared_apps.platform.upgrades`. `primary_host` is the domain of its own that links say, "" for the name below
    SAAS_DOMAIN; it stands in Domain as well.
    """

    auto_create_schema = False  # provisioning makes the schema, in one transaction with this row
    auto_drop_schema = False

    schema_name = models.CharField(
        max_length=63, default=new_schema_name, validators=[RegexValidator(r"^t_[a-z0-9]{8,24}$")]
    )
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=16, choices=TenantStatus, default=TenantStatus.CREATING)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    generation = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(db_default=Now())
    schema_version = models.CharField(max_length=16, blank=True, default="", db_default="")
    deleted_at = models.DateTimeField(null=True, blank=True, default=None)
    exported_at = models.DateTimeField(null=True, blank=True, default=None)
    dropped_at = models.DateTimeField(null=True, blank=True, default=None)
    primary_host = models.CharField(max_length=253, blank=True, default="", db_default="")
    schema_failure = models.CharField(max_length=80, blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schema_name"], name="tenant_schema_name_unique")]
        indexes = [models.Index(fields=["changed_at"], name="tenant_changed_at")]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A name a tenant answers to.

    `domain` is a bare label (`coastal-cuts`) for a name below SAAS_DOMAIN, so that the platform's own name can
    change, and a whole host name (`book.example.com`) for a tenant's own domain: that only while it is proven to be
    the tenant's (`shared_apps.platform.claims`), so that all that reads this table serves nothing else. `is_primary` is
    the label by which the API knows the tenant.
    """

    domain = models.CharField(max_length=253)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="domains")
    is_primary = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain"], name="domain_unique"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_primary=True), name="domain_one_primary_per_tenant"
            ),
        ]

    def __str__(self) -> str:
        return self.domain


class DueWork(models.Model):
    """That a tenant has work of some kind, and when. Written and read by `shared_apps.tenants.due` only.

    `due_at` is NULL while a worker looks after it and nothing new was marked; `lease_until` is when another one may.
    No foreign key: a mark is written inside a tenant's transaction and must not wait for its row.
    """

    pk = models.CompositePrimaryKey("tenant_id", "kind")
    tenant_id = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index("kind", Least("due_at", "lease_until"), name="due_work_next")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.tenant_id}"


class Heartbeat(models.Model):
    """When a part of the background work last said that it lives. See `shared_apps.tenants.heartbeats`."""

    role = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.role
