"""Mail to the business about its booking page: jobs of the outbox, in the worker."""

from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone, translation

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.mail import send_mail
from shared_apps.outbox.hooks import Payload
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import tenant_url
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.selectors import describe_link_reason, get_settings
from tenant_apps.business.selectors import get_profile

LINK_FAILING: Final = "booking.link_failing"
LINK_WORKING: Final = "booking.link_working"


def tell_link_failing(tenant: TenantRef, payload: Payload) -> None:
    """Mail that the booking page cannot be reached, unless it can again by now."""
    settings = get_settings()
    if settings.link_told_at is not None:
        _mail(tenant, "link_failing", settings)


def tell_link_working(tenant: TenantRef, payload: Payload) -> None:
    """Mail that the booking page can be reached again, unless it fails by now."""
    settings = get_settings()
    if settings.link_told_at is None and settings.external_booking_url:
        _mail(tenant, "link_working", settings)


def _mail(tenant: TenantRef, template: str, settings: BookingSettings) -> None:
    """To where the business wants its mail, else to its owners; in its language and time."""
    profile = get_profile()
    owners = User.objects.filter(role=Role.OWNER, is_active=True).values_list("email", flat=True)
    with translation.override(profile.language), timezone.override(ZoneInfo(profile.time_zone)):
        send_mail(
            to=profile.notification_emails or list(owners),
            template=template,
            context={
                "url": settings.external_booking_url,
                "reason": describe_link_reason(settings.link_reason),
                "since": settings.link_failing_since,
                "settings_url": tenant_url(tenant, "/dashboard/settings"),
            },
            tenant=tenant,
            language=profile.language,
        )
