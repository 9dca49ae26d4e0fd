"""Makes the demo tenants, and a past for them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.services import Progress, drop_tenant, provision_tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant
from shared_apps.tenants.selectors import find_tenant_by_subdomain, is_demo_tenant
from tenant_apps.booking.enums import BookingMode
from tenant_apps.booking.selectors import get_settings
from tenant_apps.booking.services import SettingsInput, name_provider, update_settings
from tenant_apps.business.selectors import INDUSTRIES, get_profile
from tenant_apps.business.services import update_profile
from tenant_apps.demo.data import CAMPAIGNS, DEMO_PASSWORD, FIRST_NAMES, LAST_NAMES, NOTES, WISHES, Demo
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.services import Lead, PastHandoff, record_past_handoffs

HISTORY_DAYS = 60
_DAY = 86_400.0
_SHARES = {
    HandoffStatus.COMPLETED_EXTERNAL: 42,
    HandoffStatus.REDIRECTED: 36,
    HandoffStatus.ABANDONED: 20,
    HandoffStatus.NEW: 2,
}
# In seconds before now. What nobody clicked is new for a day, then abandoned.
_AGES = {HandoffStatus.NEW: (600.0, 0.9 * _DAY), HandoffStatus.ABANDONED: (1.1 * _DAY, HISTORY_DAYS * _DAY)}
_ANY_AGE = (600.0, HISTORY_DAYS * _DAY)


class SubdomainIsNotDemoError(Exception):
    """A real tenant has the demo's subdomain; the demo leaves it alone."""


def ensure_demo_tenant(*, demo: Demo, reset: bool, progress: Progress) -> tuple[TenantRef, bool]:
    """Return the demo tenant and whether it was made now. With `reset` an existing one is dropped first.

    Settings and logins are written in the transaction that makes the tenant, so a killed run leaves all of it or none.
    Raises SubdomainIsNotDemoError when somebody's real tenant has the name.
    """
    existing = find_tenant_by_subdomain(demo.subdomain)
    if existing is not None and not is_demo_tenant(existing):
        raise SubdomainIsNotDemoError
    if existing is not None and not reset:
        return existing, False
    if existing is not None:
        progress("dropping the old one")
        drop_tenant(tenant=existing, only_demo=True)
    with transaction.atomic():
        tenant = provision_tenant(
            name=demo.name,
            subdomain=demo.subdomain,
            owner_email=demo.owner_email,
            industry=demo.industry,
            is_demo=True,
            progress=progress,
        ).tenant
        with enter_tenant(tenant):
            progress("filling in profile, provider and logins")
            _fill(tenant, demo)
    return tenant, True


def _fill(tenant: TenantRef, demo: Demo) -> None:
    changes: dict[str, object] = {"phone": demo.phone, "email": demo.business_email, "address": demo.address}
    if demo.services:
        changes["services"] = list(demo.services)
    changes["notification_emails"] = [demo.owner_email]
    update_profile(tenant=tenant, changes=changes)
    settings = get_settings()
    given = SettingsInput(
        booking_mode=BookingMode.EXTERNAL,
        external_booking_provider_name=demo.provider_name,
        external_booking_url=demo.booking_url,
        external_booking_embed_mode=demo.embed_mode,
        external_booking_disclaimer=demo.disclaimer,
        external_booking_utm_source=settings.external_booking_utm_source,
        external_booking_utm_campaign=settings.external_booking_utm_campaign,
    )
    if demo.booking_url:
        update_settings(tenant=tenant, given=given)
    else:
        name_provider(tenant=tenant, name=demo.provider_name)
    owner = User.objects.get(email=demo.owner_email)
    owner.set_password(DEMO_PASSWORD)
    owner.save(update_fields=["password"])
    User.objects.create_user(demo.staff_email, Role.STAFF, DEMO_PASSWORD)


def add_history(*, tenant: TenantRef, demo: Demo, count: int, now: datetime) -> int:
    """Add `count` past handoffs over 60 days; those of an earlier run are not added again.

    Four or more are in all states. Returns how many were added.
    """
    with enter_tenant(tenant):
        services = tuple(get_profile().services) or INDUSTRIES[demo.industry].services
        return record_past_handoffs(tenant=tenant, past=_past(demo, services, count, now))


def _past(demo: Demo, services: tuple[str, ...], count: int, now: datetime) -> Iterator[PastHandoff]:
    random = Random(demo.subdomain)  # noqa: S311 - demo data, the same each time
    one_of_each = dict(enumerate(_SHARES))
    for number in range(count):
        drawn = random.choices(tuple(_SHARES), weights=tuple(_SHARES.values()))[0]
        status = one_of_each.get(number, drawn)
        age = timedelta(seconds=random.uniform(*_AGES.get(status, _ANY_AGE)))
        first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        phone = f"+1772555{random.randrange(100, 200):04d}"
        lead = Lead(
            customer_name=f"{first} {last}",
            customer_email=f"{first.lower()}.{number}@example.com",
            customer_phone=phone,
            requested_service=random.choice(services),
            preferred_date_time_text=random.choice(WISHES),
            notes=random.choice(NOTES),
            source_page=random.choice(("/", "/", "/book")),
            industry_slug=demo.industry,
            attribution=dict(random.choice(CAMPAIGNS)),
        )
        missing = random.random()
        if missing < 0.3:
            lead = replace(lead, customer_email="")
        elif missing < 0.5:
            lead = replace(lead, customer_phone="")
        yield PastHandoff(
            number=number,
            lead=lead,
            status=status,
            created_at=now - age,
            clicked_after=timedelta(seconds=random.uniform(8, 400)),
            completed_after=min(timedelta(minutes=random.uniform(20, 1500)), age * 0.9),
        )
