"""The health of booking links: the worker looks at each tenant's booking page now and then, and the owner is told.

A look never follows a redirect, and is no proof of more than an answer: many providers refuse programs, which counts as
nothing. Only what a visitor would see as well, no such page, an error of the server's, no connection, no valid
certificate, is a failure. The owner is told after three in a row over a quarter of an hour, and when it works again.
Visitors keep the link, and the contact beside it, all the while: we may be wrong.
"""

import logging
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least, Now

from shared_apps.counters import Counter
from shared_apps.outbound import Answer, OutboundError
from shared_apps.outbox.services import enqueue
from shared_apps.tenants.due import claim_due, is_quiet_since, settle_due
from shared_apps.tenants.scope import TenantRef, enter_tenant
from shared_apps.tenants.selectors import tenant_url
from tenant_apps.booking.enums import EmbedMode, FrameCheck, LinkResult
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.providers import Framing
from tenant_apps.booking.selectors import HAS_LINK, LINK_WORK, to_public_booking
from tenant_apps.booking.services.frames import FrameVerdict, Look, find_redirect, judge_frame, keep_frame_verdict
from tenant_apps.booking.services.notices import LINK_FAILING, LINK_WORKING

logger = logging.getLogger(__name__)

TELL_AFTER: Final = 3
TELL_AFTER_TIME: Final = timedelta(minutes=15)

# Until the next look, give or take a tenth.
PAUSES: Final = {
    LinkResult.WORKING: timedelta(hours=1),
    LinkResult.UNKNOWN: timedelta(hours=1),
    LinkResult.FAILING: timedelta(minutes=9),
}
FRAME_PAUSE: Final = timedelta(hours=12)
RETRY: Final = timedelta(minutes=5)  # after a failure of ours
AT_LEAST: Final = timedelta(minutes=1)  # between two looks at one page, whatever went wrong

AT_ONCE: Final = 8
RUN_SECONDS: Final = 20.0
TENANT_SECONDS: Final = 15.0
LEASE: Final = timedelta(minutes=2)

LINK_CHECKS: Final = Counter(
    "handoff_link_checks_total", "Looks at booking pages by what they showed.", result=tuple(LinkResult.values)
)

# Pages that answer, whatever happens to one provider: where none of them does, the way out is ours that is broken.
WITNESSES: Final = ("https://calendly.com/", "https://cal.com/", "https://squareup.com/")
_NO_CONNECTION: Final = ("unreachable", "timeout")


@dataclass(frozen=True, slots=True)
class Page:
    """A booking page to look at; `frame_address` is set where it is time to ask about frames as well."""

    tenant: TenantRef
    url: str
    frame_address: str | None


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What one look at a page showed. `reason` is a code, `redirects_to` another host, a status class 2 for 2xx."""

    result: LinkResult
    reason: str = ""
    status_class: int | None = None
    redirects_to: str = ""
    tls_expires_at: datetime | None = None


def check_links(*, look: Look, seconds: float = RUN_SECONDS) -> int:
    """Look at the booking pages that are due, for about `seconds`; returns at how many.

    `look` fetches the headers of an address; a few pages are looked at at once, so that a slow one holds up nobody.
    Idle tenants are not visited, and a broken one stops nobody. Safe to run several times at once and to be killed.
    Call outside a transaction.
    """
    deadline = time.monotonic() + seconds
    looked = 0
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="link") as pool:
        way_out = _WayOut(look, pool)
        while time.monotonic() < deadline:
            claims, after = claim_due(kind=LINK_WORK, limit=AT_ONCE, lease=LEASE)
            if not claims:
                break
            is_quiet = is_quiet_since(after)
            next_due: dict[int, datetime] = {claim.tenant.id: after + RETRY for claim in claims}
            pages = []
            for claim in claims:
                with _alone(claim.tenant):
                    pages += _list_due_pages(claim.tenant)
            seen = list(pool.map(partial(_look_at, look=look), pages))
            for page, (report, verdict) in zip(pages, seen, strict=True):
                with _alone(page.tenant):
                    _keep(page, report if way_out.accounts_for(report) else _NO_NETWORK, verdict)
            for claim in claims:
                with _alone(claim.tenant):
                    due = _find_next_due()
                    next_due.pop(claim.tenant.id)
                    if due is not None:
                        next_due[claim.tenant.id] = max(due, after + AT_LEAST)
            settle_due(kind=LINK_WORK, claims=claims, next_due=next_due, is_quiet=is_quiet)
            looked += len(pages)
    return looked


@contextmanager
def _alone(tenant: TenantRef) -> Iterator[None]:
    """Run the body in a tenant's schema; a database that fails there is logged, and the others go on."""
    try:
        with enter_tenant(tenant):
            yield
    except (DatabaseError, InterfaceError) as error:
        logger.warning("link check of %s failed: %s", tenant.schema_name, type(error).__name__)


def _list_due_pages(tenant: TenantRef) -> list[Page]:
    """The current tenant's booking page, where it is time to look at it; else nothing."""
    due = Q(link_due_at=None) | Q(link_due_at__lte=Now())
    old = Q(frame_checked_at__lt=Now() - FRAME_PAUSE, external_booking_embed_mode=EmbedMode.IFRAME)
    settings = BookingSettings.objects.filter(HAS_LINK, due).annotate(is_frame_due=old).first()
    if settings is None:
        return []
    booking = to_public_booking(settings)
    if booking.provider is None:  # kept before a rule that refuses it
        _keep(Page(tenant, settings.external_booking_url, None), LinkReport(LinkResult.UNKNOWN, "address"), None)
        return []
    our_host = urlsplit(tenant_url(tenant, "")).netloc
    is_frame_due = settings.is_frame_due and booking.provider.embed.framing != Framing.NO
    return [Page(tenant, booking.url, booking.frame_url(url=booking.url, our_host=our_host) if is_frame_due else None)]


# ---- the look: in a thread, without the database ----------------------------------------------------------------


class _WayOut:
    """Whether anything can be reached from here; asked once in a run, and only when something could not be."""

    def __init__(self, look: Look, pool: ThreadPoolExecutor) -> None:
        self._look = look
        self._pool = pool

    def accounts_for(self, report: LinkReport) -> bool:
        """Whether a report is about the page, and not about a network of ours that is away."""
        return report.reason not in _NO_CONNECTION or self._is_open

    @cached_property
    def _is_open(self) -> bool:
        is_open = any(self._pool.map(self._answers, WITNESSES))
        if not is_open:
            logger.warning("link checks: nothing can be reached from here")
        return is_open

    def _answers(self, address: str) -> bool:
        try:
            self._look(address)
        except OutboundError:
            return False
        return True


_NO_NETWORK: Final = LinkReport(LinkResult.UNKNOWN, "no_network")
_BROKE: Final = LinkReport(LinkResult.UNKNOWN, "error")


def _look_at(page: Page, *, look: Look) -> tuple[LinkReport, FrameVerdict | None]:
    """What a page shows, and what it says about frames where that is asked."""
    deadline = time.monotonic() + TENANT_SECONDS

    def look_in_time(address: str) -> Answer:
        if time.monotonic() >= deadline:
            raise OutboundError("timeout")
        return look(address)

    try:
        report = judge_link(look_in_time(page.url), url=page.url)
    except OutboundError as error:
        return LinkReport(LinkResult.FAILING, error.code), None
    except Exception as error:  # noqa: BLE001 - whatever one page does to us, the others are looked at
        logger.error("link check of %s broke: %s", page.tenant.schema_name, type(error).__name__)
        return _BROKE, None
    if page.frame_address is None:
        return report, None
    return report, judge_frame(look_in_time, address=page.frame_address, our_origin=tenant_url(page.tenant, ""))


_NO_SUCH_PAGE: Final = (404, 410)


def judge_link(answer: Answer, *, url: str) -> LinkReport:
    """Return what an answer says of the page at `url`: what a visitor would see, as far as a program can tell."""
    target = find_redirect(answer, url)
    host = (urlsplit(target).hostname or "") if target is not None else ""
    is_away = host not in ("", urlsplit(url).hostname) and len(host) <= _MAX_HOST_CHARS
    if answer.status in _NO_SUCH_PAGE:
        result, reason = LinkResult.FAILING, "not_found"
    elif answer.status >= 500:
        result, reason = LinkResult.FAILING, "server_error"
    elif 200 <= answer.status < 400:
        result, reason = LinkResult.WORKING, "redirects_away" if is_away else ""
    else:
        result, reason = LinkResult.UNKNOWN, "refuses_programs"
    return LinkReport(result, reason, answer.status // 100, host if is_away else "", answer.tls_expires_at)


_MAX_HOST_CHARS: Final = 253

# ---- what is kept, and who is told ------------------------------------------------------------------------------


def _keep(page: Page, report: LinkReport, verdict: FrameVerdict | None) -> None:
    """Keep what the current tenant's page showed, unless it has another page by now, and tell the owner where due."""
    values: dict[str, Any] = {
        "link_result": report.result,
        "link_reason": report.reason,
        "link_status_class": report.status_class,
        "link_redirects_to": report.redirects_to,
        "link_tls_expires_at": report.tls_expires_at,
        "link_checked_at": Now(),
        "link_due_at": Now() + _pause_after(report),
    }
    if report.result == LinkResult.WORKING:
        values |= {"link_failures": 0, "link_failing_since": None}
    elif report.result == LinkResult.FAILING:
        # The first of them; LEAST passes over NULL, and Citus takes no now() within COALESCE.
        values |= {"link_failures": F("link_failures") + 1, "link_failing_since": Least("link_failing_since", Now())}
    with transaction.atomic():
        rows = BookingSettings.objects.filter(HAS_LINK, external_booking_url=page.url)
        if not rows.update(**values):
            return
        LINK_CHECKS.add(report.result.value)
        if report.result == LinkResult.WORKING and rows.exclude(link_told_at=None).update(link_told_at=None):
            enqueue(kind=LINK_WORKING, payload={}, key="link")
        if report.result == LinkResult.FAILING and rows.filter(_IS_TO_BE_TOLD).update(link_told_at=Now()):
            enqueue(kind=LINK_FAILING, payload={}, key="link")
    if verdict is not None and verdict.result != FrameCheck.UNKNOWN:
        keep_frame_verdict(tenant=page.tenant, url=page.url, verdict=verdict)


def _pause_after(report: LinkReport) -> timedelta:
    """How long to wait until the next look; never the same twice, so that tenants saved together drift apart."""
    pause = RETRY if report in (_NO_NETWORK, _BROKE) else PAUSES[report.result]
    return pause * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing


_IS_TO_BE_TOLD: Final = Q(
    link_told_at=None, link_failures__gte=TELL_AFTER, link_failing_since__lte=Now() - TELL_AFTER_TIME
)


def _find_next_due() -> datetime | None:
    """When the current tenant's page is to be looked at next; None where it has none."""
    due: datetime | None = (
        BookingSettings.objects.filter(HAS_LINK).values_list(Coalesce("link_due_at", Now()), flat=True).first()
    )
    return due
