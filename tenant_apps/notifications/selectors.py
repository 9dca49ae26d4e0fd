"""Reads of who is told, and of what a mail tells. Addresses are named by a MAC outside of this schema's tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.utils.crypto import constant_time_compare, salted_hmac

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import tenant_url
from tenant_apps.business.models import BusinessProfile
from tenant_apps.business.selectors import get_profile
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.notifications.models import NotificationSettings

MAX_RECIPIENTS: Final = 20
SUMMARY_HOUR: Final = 8  # of the morning after, in the business's own time


def normalise_address(address: str) -> str:
    """Return an address as it is compared: trimmed, in lower case."""
    return address.strip().lower()


def get_notification_settings() -> NotificationSettings:
    """Return the current tenant's row; before its first change, one that is not saved yet."""
    return NotificationSettings.objects.filter(pk=1).first() or NotificationSettings()


def list_addresses(profile: BusinessProfile) -> list[str]:
    """Return where the current tenant's notifications go: the profile's addresses, else its active owners'."""
    owners = User.objects.filter(role=Role.OWNER, is_active=True).order_by("id").values_list("email", flat=True)
    addresses = profile.notification_emails or list(owners[:MAX_RECIPIENTS])
    return list(dict.fromkeys(normalise_address(address) for address in addresses))[:MAX_RECIPIENTS]


def list_recipients(settings: NotificationSettings, *, profile: BusinessProfile) -> list[str]:
    """Return the addresses that are told: those that did not ask to be left alone."""
    return [address for address in list_addresses(profile) if address not in settings.unsubscribed]


def name_recipient(tenant: TenantRef, address: str) -> str:
    """Return the name under which a job knows an address: ids only stand in a job."""
    return _mac("notifications.recipient", tenant, address)[:32]


def name_mail(tenant: TenantRef, template: str, payload: Mapping[str, str | int]) -> str:
    """Return what names one mail, the same whenever it is sent."""
    return _mac("notifications.mail", tenant, f"{template} {sorted(payload.items())}")[:40]


def find_recipient(tenant: TenantRef, name: str, *, settings: NotificationSettings) -> str | None:
    """Return the address of that name, while it is one that is told; None afterwards."""
    for address in list_recipients(settings, profile=get_profile()):
        if constant_time_compare(name_recipient(tenant, address), name):
            return address
    return None


def make_unsubscribe_url(tenant: TenantRef, address: str) -> str:
    """Return the link by which an address leaves, or comes back. It does not hold the address, and does not expire."""
    return tenant_url(tenant, f"/notifications/unsubscribe/{_token(tenant, address)}")


def find_subscriber(tenant: TenantRef, token: str, *, settings: NotificationSettings) -> str | None:
    """Return the address whose link that is, at this tenant; None when it is nobody's any more."""
    for address in {*list_addresses(get_profile()), *settings.unsubscribed}:
        if constant_time_compare(_token(tenant, address), token):
            return str(address)
    return None


def _token(tenant: TenantRef, address: str) -> str:
    return _mac("notifications.unsubscribe", tenant, address)[:40]


def _mac(salt: str, tenant: TenantRef, address: str) -> str:
    return salted_hmac(salt, f"{tenant.schema_name}|{normalise_address(address)}", algorithm="sha256").hexdigest()


def list_tellable(ids: list[str]) -> list[BookingHandoff]:
    """Return those of the handoffs that still hold what a mail would tell, oldest first: none erased, none deleted."""
    found = BookingHandoff.objects.filter(pk__in=[UUID(each) for each in ids]).exclude(customer_name="")
    return list(found.order_by("created_at", "id"))


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What a day brought. `completed` and `abandoned` are of that day's handoffs, as they stand now."""

    captured: int
    redirected: int
    completed: int
    abandoned: int


def count_day(day: date, *, time_zone: str) -> DayCounts:
    """Return the counts of the handoffs received on a day of the business's time, in one query."""
    zone = ZoneInfo(time_zone)
    begin, end = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    counts = BookingHandoff.objects.filter(created_at__gte=begin, created_at__lt=end).aggregate(
        captured=Count("pk"),
        redirected=Count("pk", filter=Q(redirected_at__isnull=False)),
        completed=Count("pk", filter=Q(status=HandoffStatus.COMPLETED_EXTERNAL)),
        abandoned=Count("pk", filter=Q(status=HandoffStatus.ABANDONED)),
    )
    return DayCounts(**counts)


def next_full_hour(now: datetime) -> datetime:
    """Return when the hourly mail of what comes in now leaves."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def next_summary(now: datetime, *, time_zone: str) -> datetime:
    """Return the next morning at SUMMARY_HOUR in the business's time, later than `now`."""
    zone = ZoneInfo(time_zone)
    local = now.astimezone(zone)
    morning = datetime.combine(local.date(), time(SUMMARY_HOUR), zone)
    return morning if morning > local else datetime.combine(local.date() + timedelta(days=1), time(SUMMARY_HOUR), zone)
