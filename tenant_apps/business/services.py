"""Writes of the business's card."""

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError, FieldProblem, InvalidFieldsError
from shared_apps.platform.hooks import NewTenant
from shared_apps.schemas import describe_model_errors
from shared_apps.tenants.due import mark_due
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.services import rename_tenant, touch_tenant
from shared_apps.texts import parse_email, parse_phone
from shared_apps.versions import StaleSettingsError
from tenant_apps.business.industries import INDUSTRIES, get_industry
from tenant_apps.business.models import BusinessProfile
from tenant_apps.business.selectors import RETENTION, SWEEP, get_profile
from tenant_apps.business.validators import DAYS

OWNERS_ALONE: Final = ("retention_days", "notification_emails")
"""What of the profile support never changes, raised or not: when data is erased, and where it is mailed to."""
_API_NAMES: Final = {"name": "businessName", "frame_origins": "allowedOrigins"}


class OwnersChoiceError(DomainError):
    """Support wants to change what only an owner may."""

    code = "support_refused"
    message = _("Only an owner can change how long data is kept and who is mailed.")


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


def update_profile(
    *, tenant: TenantRef, changes: dict[str, Any], expected_version: int | None = None, is_support: bool = False
) -> BusinessProfile:
    """Set the given fields of the current tenant's profile; the first request after this sees them, in every process.

    With `expected_version` only if nobody saved since. A new name is the tenant's name everywhere. A phone number is
    read as dialled in the region that is given with it, and kept in E.164. Raises InvalidFieldsError,
    StaleSettingsError, and with `is_support` OwnersChoiceError; then nothing is written.
    """
    values = _clean(changes)
    with transaction.atomic():
        rows = BusinessProfile.objects.filter(pk=1)
        if expected_version is not None:
            rows = rows.filter(version=expected_version)
        kept = {name: values[name] for name in OWNERS_ALONE if is_support and name in values}
        if not rows.filter(**kept).update(**values, version=F("version") + 1, updated_at=Now()):
            raise OwnersChoiceError if kept and rows.exists() else StaleSettingsError
        if "name" in values:
            rename_tenant(tenant=tenant, name=values["name"])
        touch_tenant(tenant.id)
        if "abandon_after_hours" in values:
            mark_due(tenant_id=tenant.id, kind=SWEEP)
        if "retention_days" in values:
            mark_due(tenant_id=tenant.id, kind=RETENTION)
        return get_profile()


def update_frame_origins(*, tenant: TenantRef, origins: list[str]) -> BusinessProfile:
    """Set the whole list of sites that may frame the form. The rest of the profile keeps its version.

    Raises InvalidFieldsError; then nothing is written.
    """
    values = _clean({"frame_origins": origins})
    with transaction.atomic():
        BusinessProfile.objects.filter(pk=1).update(**values, updated_at=Now())
        touch_tenant(tenant.id)
        return get_profile()


def _clean(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the values as they are kept. Raises InvalidFieldsError with every field that is wrong."""
    values = _normalise(changes)
    untouched = {field.name for field in BusinessProfile._meta.concrete_fields} - set(values)
    problems = []
    try:
        BusinessProfile(**values).clean_fields(exclude=untouched)
    except ValidationError as error:
        problems = describe_model_errors(error, names=_API_NAMES)
    if values.get("industry", "other") not in INDUSTRIES:
        problems.append(FieldProblem("industry", _("Choose one of the industries that are offered."), "industry"))
    if problems:
        raise InvalidFieldsError(problems)
    if "hours" in values:
        values["hours"] = sorted(values["hours"], key=lambda span: (DAYS.index(span["day"]), span["opens"]))
    return values


def _normalise(changes: dict[str, Any]) -> dict[str, Any]:
    """Return what was meant: no blanks around, one spelling of a number, an address, a colour. What is none stays."""
    values = {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    if "phone" in values:
        values["phone"] = parse_phone(values["phone"], region=values.get("region", "")) or values["phone"]
    if "email" in values:
        values["email"] = parse_email(values["email"]) or values["email"]
    if "brand_colour" in values:
        values["brand_colour"] = values["brand_colour"].lower()
    if "services" in values:
        values["services"] = [name.strip() for name in values["services"]]
    if "notification_emails" in values:
        emails = [email.strip() for email in values["notification_emails"]]
        values["notification_emails"] = [parse_email(email) or email for email in emails]
    return values
