"""The frame check: whether the provider's page lets itself be shown in a frame of ours, asked by the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError
from shared_apps.outbound import Answer, OutboundError
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.services import touch_tenant
from tenant_apps.booking.enums import FrameCheck
from tenant_apps.booking.framing import FramingVerdict, read_framing
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.selectors import HAS_LINK, get_settings, to_public_booking

Look = Callable[[str], Answer]


class NoBookingLinkError(DomainError):
    """There is no booking page to ask: none is saved, or visitors are not sent to one."""

    code = "no_booking_link"
    message = _("Save the address of your booking page first.")


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
    verdict = judge_frame(look, address=address, our_origin=our_origin)
    return verdict.result if keep_frame_verdict(tenant=tenant, url=booking.url, verdict=verdict) else None


@dataclass(frozen=True, slots=True)
class FrameVerdict:
    """What a page said about frames, and the code of why it is not known, or refused."""

    result: FrameCheck
    reason: str


def keep_frame_verdict(*, tenant: TenantRef, url: str, verdict: FrameVerdict) -> bool:
    """Keep what the booking page `url` said; False where the current tenant has another page by now."""
    changes = Q(frame_check__in=(FrameCheck.ALLOWED, FrameCheck.REFUSED)) & ~Q(frame_check=verdict.result)
    with transaction.atomic():
        rows = BookingSettings.objects.filter(pk=1, external_booking_url=url)
        if verdict.result != FrameCheck.UNKNOWN:
            rows.filter(changes).update(frame_changed_at=Now())
        is_news = rows.exclude(frame_check=verdict.result).exists()
        if not rows.update(frame_check=verdict.result, frame_check_reason=verdict.reason, frame_checked_at=Now()):
            return False
        if is_news:
            touch_tenant(tenant.id)
    return True


def judge_frame(look: Look, *, address: str, our_origin: str) -> FrameVerdict:
    """Return what the page at `address` says about a frame on a page of `our_origin`. Asks the network only."""
    try:
        return FrameVerdict(*_judge_page(look, address=address, our_origin=our_origin))
    except OutboundError as error:
        return FrameVerdict(FrameCheck.UNKNOWN, error.code)


MAX_REDIRECTS: Final = 4


def _judge_page(look: Look, *, address: str, our_origin: str) -> tuple[FrameCheck, str]:
    """What a page's headers mean. Redirects are followed on its own origin only, as in our frame."""
    for _hop in range(1 + MAX_REDIRECTS):
        answer = look(address)
        target = find_redirect(answer, address)
        if target is None:
            return _judge(answer, address=address, our_origin=our_origin)
        if urlsplit(target)[:2] != urlsplit(address)[:2]:
            return FrameCheck.REFUSED, "redirects_away"
        address = target
    return FrameCheck.UNKNOWN, "redirects"


def find_redirect(answer: Answer, address: str) -> str | None:
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
