"""Makes the demo tenants, and a past for them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.services import Progress, drop_tenant, provision_tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant
from shared_apps.tenants.selectors import find_tenant_by_subdomain, is_demo_tenant
from tenant_apps.booking.enums import BookingMode
from tenant_apps.booking.selectors import get_settings, get_snapshot
from tenant_apps.booking.services import SettingsInput, name_provider, update_settings
from tenant_apps.business.selectors import INDUSTRIES, get_profile
from tenant_apps.business.services import update_profile
from tenant_apps.demo.data import (
    CAMPAIGNS,
    DEMO_PASSWORD,
    FIRST_NAMES,
    HOURS,
    LAST_NAMES,
    NOTES,
    PAGES,
    WEEKDAYS,
    WISHES,
    Demo,
)
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.services import Lead, PastHandoff, record_past_handoffs

T = TypeVar("T")

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
        profile = get_profile()
        services = tuple(profile.services) or INDUSTRIES[demo.industry].services
        past = _past(demo, services, count, now, ZoneInfo(profile.time_zone))
        return record_past_handoffs(tenant=tenant, booking=get_snapshot(tenant=tenant).booking, past=past)


def _past(demo: Demo, services: tuple[str, ...], count: int, now: datetime, zone: ZoneInfo) -> Iterator[PastHandoff]:
    random = Random(demo.subdomain)  # noqa: S311 - demo data, the same each time
    one_of_each = dict(enumerate(_SHARES))
    for number in range(count):
        drawn = random.choices(tuple(_SHARES), weights=tuple(_SHARES.values()))[0]
        status = one_of_each.get(number, drawn)
        created = _draw_moment(random, status, now, zone)
        age = now - created
        yield PastHandoff(
            number=number,
            lead=_draw_lead(random, demo, services, number),
            status=status,
            created_at=created,
            clicked_after=min(timedelta(seconds=8 + random.lognormvariate(3.4, 1.2)), age * 0.5),
            completed_after=min(timedelta(minutes=random.uniform(20, 1500)), age * 0.9),
            completed_by=random.choice((demo.owner_email, demo.owner_email, demo.staff_email)),
        )


def _draw_moment(random: Random, status: HandoffStatus, now: datetime, zone: ZoneInfo) -> datetime:
    """Return when it was received: at a busy hour of a busy day where its status leaves the choice, lately more often.

    A handoff in one of the states of `_AGES` is as old as that says.
    """
    youngest, oldest = (timedelta(seconds=seconds) for seconds in _AGES.get(status, _ANY_AGE))
    created = now - (youngest + (oldest - youngest) * random.random())
    for _attempt in range(8):
        day = (now - (youngest + (oldest - youngest) * random.betavariate(1, 1.4))).astimezone(zone)
        if random.random() > WEEKDAYS[day.weekday()] / max(WEEKDAYS):
            continue
        hour = random.choices(range(24), weights=HOURS)[0]
        busy = day.replace(hour=hour, minute=random.randrange(60), second=random.randrange(60)).astimezone(UTC)
        if youngest <= now - busy <= oldest:
            return busy
    return created


def _draw_lead(random: Random, demo: Demo, services: tuple[str, ...], number: int) -> Lead:
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    lead = Lead(
        customer_name=f"{first} {last}",
        customer_email=f"{first.lower()}.{number}@example.com",
        customer_phone=f"+1772555{random.randrange(100, 200):04d}",
        requested_service=random.choices(services, weights=[1 / place for place in range(1, len(services) + 1)])[0],
        preferred_date_time_text=random.choice(WISHES),
        notes=random.choice(NOTES),
        source_page=_draw(random, PAGES),
        industry_slug=demo.industry,
        attribution=dict(_draw(random, CAMPAIGNS)),
    )
    missing = random.random()
    if missing < 0.3:
        return replace(lead, customer_email="")
    return replace(lead, customer_phone="") if missing < 0.5 else lead


def _draw(random: Random, choices: tuple[tuple[int, T], ...]) -> T:
    return random.choices([value for _, value in choices], weights=[weight for weight, _ in choices])[0]
