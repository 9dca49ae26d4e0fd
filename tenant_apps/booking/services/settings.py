"""Writes of the booking settings."""

from dataclasses import asdict, dataclass
from typing import Final

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from shared_apps.errors import FieldProblem, InvalidFieldsError
from shared_apps.platform.hooks import NewTenant
from shared_apps.tenants.due import mark_due
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.services import touch_tenant
from shared_apps.versions import StaleSettingsError
from tenant_apps.booking.enums import BookingMode, EmbedMode, FrameCheck
from tenant_apps.booking.links import describe_carrier_conflict, list_own_utms
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.providers import GENERIC, find_provider
from tenant_apps.booking.selectors import LINK_WORK, PublicBooking, get_settings, to_public_booking
from tenant_apps.booking.validators import BookingUrl, InvalidBookingUrlError, parse_booking_url


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
    written. Never waits for the network. The URL is stored in canonical form. What stands there already may always be
    put back, even external mode without a URL, as a new tenant has it.
    """
    url = _check(given)
    values = asdict(given) | {"external_booking_url": url} | _keep_what_was_seen(url)
    with transaction.atomic():
        rows = BookingSettings.objects.filter(pk=1)
        if expected_version is not None:
            rows = rows.filter(version=expected_version)
        if not rows.update(**values, version=F("version") + 1, updated_at=Now()):
            raise StaleSettingsError
        mark_due(tenant_id=tenant.id, kind=LINK_WORK)
        touch_tenant(tenant.id)
        return get_settings()


_SEEN: Final = (
    "frame_check", "frame_check_reason", "frame_checked_at", "frame_changed_at",
    "link_result", "link_reason", "link_status_class", "link_redirects_to", "link_tls_expires_at", "link_checked_at",
    "link_due_at", "link_failures", "link_failing_since", "link_told_at",
)  # fmt: skip


def _keep_what_was_seen(url: str) -> dict[str, Case]:
    """Return the columns of what the booking page showed: as they are while the URL stays, blank for another one."""
    fields = [field for field in BookingSettings._meta.concrete_fields if field.name in _SEEN]
    same = Q(external_booking_url=url)
    return {
        field.name: Case(When(same, then=F(field.name)), default=Value(field.get_default(), output_field=field))
        for field in fields
    }


@dataclass(frozen=True, slots=True)
class SettingsPreview:
    """What saving settings would mean. `booking` is ready only where the URL is good; `warnings` hinder nobody."""

    problems: tuple[FieldProblem, ...]
    warnings: tuple[FieldProblem, ...]
    booking: PublicBooking


def preview_settings(*, given: SettingsInput) -> SettingsPreview:
    """Return what saving these settings for the current tenant would mean. Asks no network and stores nothing."""
    url, problems = _judge_input(given)
    saved = get_settings()
    address = url.url if url is not None else ""
    is_same = address == saved.external_booking_url
    booking = to_public_booking(
        BookingSettings(
            **asdict(given) | {"external_booking_url": address},
            frame_check=saved.frame_check if is_same else FrameCheck.UNKNOWN,
        )
    )
    return SettingsPreview(
        problems=tuple(problems),
        warnings=(*url.warnings, *_list_warnings(given, booking)) if url is not None else (),
        booking=booking,
    )


def _list_warnings(given: SettingsInput, booking: PublicBooking) -> list[FieldProblem]:
    """What the tenant should know of a good address, beyond how it was read."""
    provider = booking.provider
    if provider is None:
        return []
    warnings = []
    conflict = describe_carrier_conflict(base_url=booking.url, provider=provider)
    if conflict is not None:
        warnings.append(FieldProblem("externalBookingUrl", conflict, "carrier_conflict"))
    own_utms = list_own_utms(base_url=booking.url)
    if own_utms:
        text = gettext("Your address sets %(names)s. We set these ourselves and replace their values in every link.")
        warnings.append(FieldProblem("externalBookingUrl", text % {"names": ", ".join(own_utms)}, "own_utm"))
    named = find_provider(given.external_booking_provider_name)
    if named is not None and provider is not GENERIC and named.id != provider.id:
        text = gettext("The address is one of %(provider)s's. Visitors will read the name you gave.")
        warnings.append(
            FieldProblem("externalBookingProviderName", text % {"provider": provider.label}, "provider_differs")
        )
    if booking.embed_mode == EmbedMode.IFRAME and not booking.frames:
        text = gettext("This page does not let itself be shown in a frame. Visitors will get it as a page of its own.")
        warnings.append(FieldProblem("externalBookingEmbedMode", text, "frame_refused"))
    elif booking.frames and not provider.can_frame and booking.frame_check == FrameCheck.UNKNOWN:
        text = gettext(
            "We do not know yet whether this page lets itself be shown in a frame. We ask it after you save."
        )
        warnings.append(FieldProblem("externalBookingEmbedMode", text, "frame_unknown"))
    return warnings


_TEXTS = (
    ("external_booking_provider_name", "externalBookingProviderName", 0, 80),
    ("external_booking_utm_source", "externalBookingUtmSource", 1, 100),
    ("external_booking_utm_campaign", "externalBookingUtmCampaign", 1, 100),
)


def _check(given: SettingsInput) -> str:
    """Return the canonical URL, "" where none is given and none is needed. Raises InvalidFieldsError."""
    url, problems = _judge_input(given)
    if problems:
        if not _is_put_back(given):
            raise InvalidFieldsError(problems)
        return given.external_booking_url
    return url.url if url is not None else ""


def _is_put_back(given: SettingsInput) -> bool:
    saved = get_settings()
    return all(getattr(saved, name) == value for name, value in asdict(given).items())


def _judge_input(given: SettingsInput) -> tuple[BookingUrl | None, list[FieldProblem]]:
    """Return the address as it would be kept, None where none or a bad one is given, and all that is wrong."""
    problems = []
    for name, field, shortest, longest in _TEXTS:
        value: str = getattr(given, name)
        if not shortest <= len(value) <= longest or not value.isprintable() or value != value.strip():
            problems.append(
                FieldProblem(
                    field,
                    gettext("Use {shortest} to {longest} characters on one line, no blanks around them.").format(
                        shortest=shortest, longest=longest
                    ),
                    "text",
                )
            )
    if len(given.external_booking_disclaimer) > 500 or "\0" in given.external_booking_disclaimer:
        problems.append(FieldProblem("externalBookingDisclaimer", _("Use at most 500 characters."), "text"))
    url = None
    if given.external_booking_url:
        try:
            url = parse_booking_url(given.external_booking_url, own_domain=django_settings.SAAS_DOMAIN)
        except InvalidBookingUrlError as error:
            problems.append(FieldProblem("externalBookingUrl", error.message, error.code))
    elif given.booking_mode == BookingMode.EXTERNAL:
        problems.append(
            FieldProblem(
                "externalBookingUrl",
                _("External mode needs the address of your booking page. Paste its https:// link."),
                "url_required",
            )
        )
    return url, problems
