"""Writes of the booking settings."""

from dataclasses import asdict, dataclass

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from shared_apps.errors import DomainError, FieldProblem, InvalidFieldsError
from shared_apps.platform.hooks import NewTenant
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.services import touch_tenant
from tenant_apps.booking.enums import BookingMode
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.selectors import get_settings
from tenant_apps.booking.validators import InvalidBookingUrlError, parse_booking_url


class StaleSettingsError(DomainError):
    """Somebody else saved in the meantime."""

    code = "settings_changed"
    message = "These settings were changed by someone else since you opened them. Load them again, then save."


@dataclass(frozen=True, slots=True)
class SettingsInput:
    """The seven settings as given; the modes are values of their enums."""

    booking_mode: str
    external_booking_provider_name: str
    external_booking_url: str
    external_booking_embed_mode: str
    external_booking_disclaimer: str
    external_booking_utm_source: str
    external_booking_utm_campaign: str


def create_settings(tenant: NewTenant) -> None:
    """Write the first settings of a new tenant: external, and not ready until a URL is set."""
    BookingSettings.objects.create()


def name_provider(*, tenant: TenantRef, name: str) -> None:
    """Say which provider the current tenant uses before its URL is known; it stays not ready."""
    with transaction.atomic():
        BookingSettings.objects.filter(pk=1).update(external_booking_provider_name=name)
        touch_tenant(tenant.id)


def update_settings(*, tenant: TenantRef, given: SettingsInput, expected_version: int | None = None) -> BookingSettings:
    """Save all settings of the current tenant; the first request after this returns sees them, in every process.

    With `expected_version` only if nobody saved since. Raises InvalidFieldsError, StaleSettingsError; then nothing is
    written. Never waits for the network. The URL is stored in canonical form.
    """
    values = asdict(given) | {"external_booking_url": _check(given)}
    with transaction.atomic():
        rows = BookingSettings.objects.filter(pk=1)
        if expected_version is not None:
            rows = rows.filter(version=expected_version)
        if not rows.update(**values, version=F("version") + 1, updated_at=Now()):
            raise StaleSettingsError
        touch_tenant(tenant.id)
        return get_settings()


_TEXTS = (
    ("external_booking_provider_name", "externalBookingProviderName", 0, 80),
    ("external_booking_utm_source", "externalBookingUtmSource", 1, 100),
    ("external_booking_utm_campaign", "externalBookingUtmCampaign", 1, 100),
)


def _check(given: SettingsInput) -> str:
    """Return the canonical URL, "" where none is given and none is needed. Raises InvalidFieldsError."""
    problems = []
    for name, field, shortest, longest in _TEXTS:
        value: str = getattr(given, name)
        if not shortest <= len(value) <= longest or not value.isprintable() or value != value.strip():
            problems.append(
                FieldProblem(
                    field,
                    f"Use {shortest} to {longest} characters on one line, no blanks around them.",
                    "text",
                )
            )
    if len(given.external_booking_disclaimer) > 500 or "\0" in given.external_booking_disclaimer:
        problems.append(FieldProblem("externalBookingDisclaimer", "Use at most 500 characters.", "text"))
    url = ""
    if given.external_booking_url:
        try:
            url = parse_booking_url(given.external_booking_url, own_domain=django_settings.SAAS_DOMAIN).url
        except InvalidBookingUrlError as error:
            problems.append(FieldProblem("externalBookingUrl", error.message, error.code))
    elif given.booking_mode == BookingMode.EXTERNAL:
        problems.append(
            FieldProblem(
                "externalBookingUrl",
                "External mode needs your booking page's address. Paste the https:// link from your booking provider.",
                "url_required",
            )
        )
    if problems:
        raise InvalidFieldsError(problems)
    return url
