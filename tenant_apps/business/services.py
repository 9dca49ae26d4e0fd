"""Writes of the business's card."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from shared_apps.platform.hooks import NewTenant
from shared_apps.tenants.due import mark_due
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.services import touch_tenant
from tenant_apps.business.industries import get_industry
from tenant_apps.business.models import BusinessProfile
from tenant_apps.business.selectors import SWEEP


def create_profile(tenant: NewTenant) -> None:
    """Write the first profile of a new tenant, with its industry's services and colour."""
    industry = get_industry(tenant.industry)
    BusinessProfile.objects.create(
        name=tenant.name,
        industry=industry.slug,
        services=list(industry.services),
        brand_colour=industry.accent,
        hours=[{"day": day, "opens": "09:00", "closes": "18:00"} for day in ("mon", "tue", "wed", "thu", "fri")],
    )


def update_profile(*, tenant: TenantRef, changes: dict[str, Any]) -> BusinessProfile:
    """Set the given fields of the current tenant's profile; every process sees them at once.

    Raises django's ValidationError, by field, when a value is not acceptable; then nothing is written.
    """
    with transaction.atomic():
        profile = BusinessProfile.objects.select_for_update().get(pk=1)
        for field, value in changes.items():
            setattr(profile, field, value)
        profile.version += 1
        profile.full_clean(validate_unique=False, validate_constraints=False)
        profile.save(update_fields=[*changes, "version"])
        BusinessProfile.objects.filter(pk=1).update(updated_at=Now())
        touch_tenant(tenant.id)
        if "abandon_after_hours" in changes:
            mark_due(tenant_id=tenant.id, kind=SWEEP)
    return profile
