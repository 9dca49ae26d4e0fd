"""Writes of the booking settings."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError, FieldProblem, InvalidFieldsError
from shared_apps.outbound import Answer, OutboundError
from shared_apps.platform.hooks import NewTenant
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.services import touch_tenant
from shared_apps.versions import StaleSettingsError
from tenant_apps.booking.enums import BookingMode, EmbedMode, FrameCheck
from tenant_apps.booking.framing import FramingVerdict, read_framing
from tenant_apps.booking.links import describe_carrier_conflict, list_own_utms
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.providers import GENERIC, find_provider
from tenant_apps.booking.selectors import HAS_LINK, PublicBooking, get_settings, to_public_booking
from tenant_apps.booking.validators import BookingUrl, InvalidBookingUrlError, parse_booking_url

Look = Callable[[str], Answer]


class NoBookingLinkError(DomainError):
    """There is no booking page to ask: none is saved, or visitors are not sent to one."""

    code = "no_booking_link"
    message = _("Save the address of your booking page first.")


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
    url = _check(given)
    values = asdict(given) | {"external_booking_url": url} | _keep_frame_check(url)
    with transaction.atomic():
        rows = BookingSettings.objects.filter(pk=1)
        if expected_version is not None:
            rows = rows.filter(version=expected_version)
        if not rows.update(**values, version=F("version") + 1, updated_at=Now()):
            raise StaleSettingsError
        touch_tenant(tenant.id)
        return get_settings()


def _keep_frame_check(url: str) -> dict[str, Case]:
    """Return the frame check's columns: as they are while the URL stays, blank for another one."""
    blank: dict[str, object] = {"frame_check": FrameCheck.UNKNOWN, "frame_check_reason": "", "frame_checked_at": None}
    same = Q(external_booking_url=url)
    return {name: Case(When(same, then=F(name)), default=Value(value)) for name, value in blank.items()}


FRAME_CHECK_PAUSE: Final = timedelta(seconds=10)


def request_frame_check(*, tenant: TenantRef) -> bool:
    """Have the current tenant's booking page asked again about frames; the worker does it within seconds.

    At most once in ten seconds: what was asked for just now is not asked for again, and False is returned. Raises
    NoBookingLinkError.
    """
    with transaction.atomic():
        rows = BookingSettings.objects.filter(HAS_LINK, pk=1)
        lately = Q(frame_check_requested_at__gt=Now() - FRAME_CHECK_PAUSE)
        if rows.exclude(lately).update(frame_check_requested_at=Now()):
            touch_tenant(tenant.id)  # what the dispatcher looks for
            return True
        if not rows.exists():
            raise NoBookingLinkError
    return False


def run_frame_check(*, tenant: TenantRef, our_host: str, our_origin: str, look: Look) -> FrameCheck | None:
    """Ask the current tenant's booking page whether our pages may frame it, and keep the answer with its time.

    `look` fetches the headers of an address. Returns None where there is nothing to ask, or the URL changed meanwhile:
    then nothing is kept. Never raises for what the other side does: what cannot be seen is unknown, with a reason.
    """
    booking = to_public_booking(get_settings())
    if not booking.ready:
        return None
    address = booking.frame_url(url=booking.url, our_host=our_host)
    try:
        result, reason = _judge_page(look, address=address, our_origin=our_origin)
    except OutboundError as error:
        result, reason = FrameCheck.UNKNOWN, error.code
    with transaction.atomic():
        rows = BookingSettings.objects.filter(pk=1, external_booking_url=booking.url)
        changed = rows.exclude(frame_check=result).exists()
        if not rows.update(frame_check=result, frame_check_reason=reason, frame_checked_at=Now()):
            return None
        if changed:
            touch_tenant(tenant.id)
    return result


MAX_REDIRECTS: Final = 4


def _judge_page(look: Look, *, address: str, our_origin: str) -> tuple[FrameCheck, str]:
    """What a page's headers mean. Redirects are followed on its own origin only, as in our frame."""
    for _hop in range(1 + MAX_REDIRECTS):
        answer = look(address)
        target = _find_redirect(answer, address)
        if target is None:
            return _judge(answer, address=address, our_origin=our_origin)
        if urlsplit(target)[:2] != urlsplit(address)[:2]:
            return FrameCheck.REFUSED, "redirects_away"
        address = target
    return FrameCheck.UNKNOWN, "redirects"


def _find_redirect(answer: Answer, address: str) -> str | None:
    """Where an answer leads, as an ASCII address without fragment; None for one that leads nowhere."""
    location = next((value for name, value in answer.headers if name == "location"), "")
    if answer.status not in (301, 302, 303, 307, 308) or not location:
        return None
    try:
        return urldefrag(iri_to_uri(urljoin(address, location))).url
    except ValueError:
        return None


def _judge(answer: Answer, *, address: str, our_origin: str) -> tuple[FrameCheck, str]:
    """What an answer's headers mean; only a page proves something."""
    if not 200 <= answer.status < 300:
        return FrameCheck.UNKNOWN, "error_page"
    verdict = read_framing(answer.headers, provider_url=address, parent_origin=our_origin)
    return (FrameCheck.ALLOWED, "") if verdict == FramingVerdict.ALLOWED else (FrameCheck.REFUSED, "headers")


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
        raise InvalidFieldsError(problems)
    return url.url if url is not None else ""


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
