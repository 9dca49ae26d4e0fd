"""The handoff's life: capture, click, completion, reopening, abandonment. Rules only: no HTTP, no Celery, no clock."""

import logging
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, InterfaceError, transaction
from django.utils.translation import gettext_noop as _

from shared_apps.errors import DomainError
from shared_apps.tenants.bulk import BATCH, execute_in_each, in_batches
from shared_apps.tenants.due import Claim, claim_due, is_quiet_since, mark_due, settle_due
from shared_apps.tenants.scope import TenantNotActiveError, TenantRef, tenant_scope
from shared_apps.tenants.selectors import list_active_tenants
from tenant_apps.booking.links import Prefill
from tenant_apps.booking.selectors import PublicBooking
from tenant_apps.business.selectors import INDUSTRIES, SWEEP, get_profile
from tenant_apps.handoffs.enums import EventType, Evidence, HandoffStatus
from tenant_apps.handoffs.figures import SWEPT
from tenant_apps.handoffs.ids import derive_handoff_id, new_handoff_id
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.querysets import COMPLETE, REDIRECT, REOPEN, SWEEP_BATCH, Kept, sweep_sql
from tenant_apps.handoffs.received import Received
from tenant_apps.handoffs.selectors import get_handoff
from tenant_apps.handoffs.tallies import move_tally, needs_moving_sql
from tenant_apps.handoffs.validators import looks_like_spam

logger = logging.getLogger(__name__)

MAX_METADATA_BYTES = 4096
SWEEP_SECONDS: Final = 50.0
SWEEP_CLAIM: Final = 4 * BATCH  # tenants at a time: to claim and to settle costs more by the call than by the tenant
SWEEP_LEASE: Final = timedelta(minutes=1)
SWEEP_RETRY: Final = timedelta(minutes=5)  # for a tenant whose sweep failed
SWEEP_PAUSE: Final = timedelta(seconds=2)  # for a stale row that somebody holds
OUR_PAGES = ["/", "/book"]

SHARE_KEY = "shareDetailsWithProvider"
FLAGS_KEY = "flags"
ATTRIBUTION_KEY = "attribution"


class IdempotencyKeyReusedError(DomainError):
    """The key came before with another body."""

    code = "idempotency_key_reused"
    field = "Idempotency-Key"
    message = _("This Idempotency-Key was used with different details. Send a new key with a new request.")


class BookingUnavailableError(DomainError):
    """There is nowhere to send the visitor: internal mode, or no usable URL."""

    code = "booking_unavailable"
    message = _("There is no booking page to continue to. The business will get in touch.")


@dataclass(frozen=True, slots=True)
class Lead:
    """What a visitor sent, checked and cleaned. `phone` is E.164; texts hold no card numbers."""

    customer_name: str
    customer_email: str
    customer_phone: str
    requested_service: str
    preferred_date_time_text: str
    notes: str = ""
    source_page: str = ""
    industry_slug: str = ""
    attribution: dict[str, str] = field(default_factory=dict)
    shares_details: bool = False
    filled_honeypot: bool = False
    fingerprint: bytes | None = None

    @property
    def flags(self) -> list[str]:
        """Why the business should doubt this lead; it is kept all the same."""
        flags = []
        if self.filled_honeypot:
            flags.append("honeypot")
        if looks_like_spam(self.notes):
            flags.append("links")
        return flags


@dataclass(frozen=True, slots=True)
class Capture:
    """A captured handoff; `is_new` is False when the same key and body came before.

    One that `is_waiting` is on this host's disk, and in the database as soon as that is back.
    """

    handoff: Received | BookingHandoff
    is_new: bool
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class PastHandoff:
    """A handoff that is to have happened: for demo data. `number` identifies it within its tenant.

    `completed_by` is the address of who marked it so.
    """

    number: int
    lead: Lead
    status: HandoffStatus
    created_at: datetime
    clicked_after: timedelta
    completed_after: timedelta
    completed_by: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """A click: the handoff after it, the link to go to, and whether this click was the one that counted."""

    handoff: BookingHandoff
    url: str
    changed: bool


def receive_handoff(
    *, tenant: TenantRef, booking: PublicBooking, lead: Lead, idempotency_key: UUID | None, now: datetime
) -> Received:
    """Return the handoff of a lead, kept nowhere yet. Asks nobody; with a key every process makes the same id.

    `now` is the moment of receipt.
    """
    handoff_id = (
        derive_handoff_id(schema_name=tenant.schema_name, idempotency_key=idempotency_key)
        if idempotency_key is not None
        else new_handoff_id(now=now)
    )
    return Received(
        id=handoff_id,
        created_at=now,
        external_booking_url_used=booking.outbound_url(handoff_id=handoff_id),
        fingerprint=lead.fingerprint,
        **_lead_columns(lead),
    )


def store_handoff(handoff: Received) -> Capture:
    """Write the handoff into the current tenant's schema. One statement, durable when this returns.

    Safe to repeat: what is there already is left as it is. Raises IdempotencyKeyReusedError when that came with
    another body. Requests and the drainer both store by this.
    """
    if BookingHandoff.objects.insert_once(handoff, is_announced=FLAGS_KEY not in handoff.metadata):
        return Capture(handoff, is_new=True)
    stored = get_handoff(handoff.pk)
    if bytes(stored.fingerprint or b"") != (handoff.fingerprint or b""):
        raise IdempotencyKeyReusedError
    return Capture(stored, is_new=False)


def _lead_columns(lead: Lead) -> dict[str, Any]:
    return {
        "customer_name": lead.customer_name,
        "customer_email": lead.customer_email,
        "customer_phone": lead.customer_phone,
        "requested_service": lead.requested_service,
        "preferred_date_time_text": lead.preferred_date_time_text,
        "notes": lead.notes,
        "source_page": lead.source_page,
        "industry_slug": lead.industry_slug,
        "metadata": _make_metadata(lead),
    }


def _make_metadata(lead: Lead) -> dict[str, object]:
    """Return what is kept beside the columns, at most 4 KiB as JSON: attribution gives way, longest value first."""
    attribution = dict(lead.attribution)
    while True:
        metadata: dict[str, object] = {}
        if attribution:
            metadata[ATTRIBUTION_KEY] = attribution
        if lead.flags:
            metadata[FLAGS_KEY] = lead.flags
        if lead.shares_details:
            metadata[SHARE_KEY] = True
        if not attribution or len(DjangoJSONEncoder().encode(metadata)) <= MAX_METADATA_BYTES:
            return metadata
        del attribution[max(attribution, key=lambda key: len(attribution[key]))]


def get_outbound_url(*, booking: PublicBooking, handoff: Received | BookingHandoff) -> str:
    """Return the link the visitor is sent to now; "" when there is none. Holds personal data only where asked for."""
    prefill = None
    if handoff.metadata.get(SHARE_KEY):
        prefill = Prefill(
            name=handoff.customer_name,
            email=handoff.customer_email or None,
            phone=handoff.customer_phone or None,
        )
    return booking.outbound_url(handoff_id=handoff.pk, prefill=prefill)


def redirect_handoff(*, booking: PublicBooking, handoff_id: UUID) -> Redirect:
    """Mark the handoff redirected, once, and return where to go. A repeat changes nothing and gives the link again.

    Raises HandoffNotFoundError, and BookingUnavailableError where there is no link; then nothing is changed.
    """
    if not booking.ready:
        get_handoff(handoff_id)  # that there is no such handoff is said first
        raise BookingUnavailableError
    changed = BookingHandoff.objects.transition(
        REDIRECT, handoff_id=handoff_id, actor="visitor", url=booking.outbound_url(handoff_id=handoff_id)
    )
    handoff = get_handoff(handoff_id)
    return Redirect(handoff, get_outbound_url(booking=booking, handoff=handoff), changed)


def record_click(*, handoff_id: UUID, url: str, at: datetime) -> bool:
    """Mark a click of the past, at its moment, unless one is marked already; False when there is no such handoff."""
    if BookingHandoff.objects.transition(REDIRECT, handoff_id=handoff_id, actor="visitor", url=url, at=at):
        return True
    return BookingHandoff.objects.filter(pk=handoff_id).exists()


def complete_handoff(*, handoff_id: UUID, actor: str) -> BookingHandoff:
    """Mark the handoff completed on a person's word; a repeat changes nothing. Raises HandoffNotFoundError."""
    BookingHandoff.objects.transition(COMPLETE, handoff_id=handoff_id, actor=actor)
    return get_handoff(handoff_id)


def reopen_handoff(*, handoff_id: UUID, actor: str) -> BookingHandoff:
    """Take a completion back: to `redirected` where a click is known, else to `new`, whose wait starts again.

    What is not completed stays as it is. Raises HandoffNotFoundError.
    """
    BookingHandoff.objects.transition(REOPEN, handoff_id=handoff_id, actor=actor)
    return get_handoff(handoff_id)


def sweep_handoffs(*, seconds: float = SWEEP_SECONDS) -> int:
    """Abandon what waited too long, at every tenant that has such handoffs; returns how many. For about `seconds`.

    Idle tenants are not visited, and a broken one stops nobody. Safe to run several times at once and to be killed:
    each batch of tenants commits by itself, each handoff is abandoned once, with one event. Call outside a transaction.
    """
    deadline = time.monotonic() + seconds
    total, is_more = 0, True
    while is_more and time.monotonic() < deadline:
        claims, after = claim_due(kind=SWEEP, limit=SWEEP_CLAIM, lease=SWEEP_LEASE)
        if not claims:
            break
        abandoned, is_cut = _sweep_claimed(claims, after)
        total += abandoned
        is_more = is_cut or len(claims) == SWEEP_CLAIM
    return total


def _sweep_claimed(claims: list[Claim], after: datetime) -> tuple[int, bool]:
    """Sweep these tenants and give them back; returns how many handoffs that were, and whether more are stale by now.

    `after` is what `claim_due` gave.
    """
    is_quiet, statement = is_quiet_since(after), sweep_sql(limit=SWEEP_BATCH)
    total, is_any_cut = 0, False
    next_due: dict[int, datetime] = {}
    for batch in in_batches([claim.tenant for claim in claims]):
        for outcome in execute_in_each(batch, statement):
            if outcome.sqlstate:
                logger.warning("sweep of %s failed: %s", outcome.tenant.schema_name, outcome.sqlstate)
                next_due[outcome.tenant.id] = after + SWEEP_RETRY
                continue
            abandoned = outcome.value["abandoned"]
            total += abandoned
            SWEPT.add(amount=abandoned)
            if outcome.value["next"]:
                due = datetime.fromisoformat(outcome.value["next"])
                is_cut = abandoned == SWEEP_BATCH
                is_any_cut = is_any_cut or is_cut
                next_due[outcome.tenant.id] = due if is_cut else max(due, after + SWEEP_PAUSE)
    settle_due(kind=SWEEP, claims=claims, next_due=next_due, is_quiet=is_quiet)
    return total, is_any_cut


def erase_handoff(*, handoff_id: UUID, actor: str) -> None:
    """Erase the visitor's personal data for good, in row and timeline; status and times stay, for the counts.

    A repeat changes nothing. The id stays taken: a capture with the same idempotency key does not bring the data back
    (it is refused as used). A click on it still leads to the provider. Raises HandoffNotFoundError.
    """
    if not BookingHandoff.objects.erase(handoff_id=handoff_id, actor=actor, kept=_what_is_kept()):
        get_handoff(handoff_id)


def erase_old_handoffs(*, days: int, since: datetime | None = None, seconds: float = math.inf) -> int:
    """Erase the personal data of all that the current tenant received more than `days` ago; returns how many.

    `since` is how far an earlier run has come, after about `seconds` the rest is left to the next one. Safe to run
    twice, at once, and to be killed: each batch is one statement and commits by itself.
    """
    deadline = time.monotonic() + seconds
    kept = _what_is_kept()
    total, newest = 0, since
    while True:
        erased = BookingHandoff.objects.erase_due(days=days, after=newest, limit=SWEEP_BATCH, kept=kept)
        total, newest = total + erased.rows, erased.newest
        if erased.rows < SWEEP_BATCH or time.monotonic() >= deadline:
            return total


def _what_is_kept() -> Kept:
    """A text that a visitor, or their link, may have brought is kept only where it is one that we know anyway."""
    return Kept(services=list(get_profile().services), pages=OUR_PAGES, industries=list(INDUSTRIES))


def tally_handoffs() -> bool:
    """Bring the current tenant's counts by day up to now, where that is worth it; True when something was written."""
    return move_tally(time_zone=get_profile().time_zone)


def tally_tenants() -> int:
    """Do so at every active tenant where much has changed; returns at how many. One failure does not stop the rest.

    Which ones is asked of many in one call. Safe to miss and to repeat: until it is done, counts cost more.
    """
    done = 0
    for batch in in_batches(list_active_tenants()):
        for outcome in execute_in_each(batch, needs_moving_sql()):
            try:
                if outcome.value:
                    with tenant_scope(outcome.tenant.schema_name):
                        done += tally_handoffs()
            except (TenantNotActiveError, DatabaseError, InterfaceError) as error:
                logger.warning("tally of %s failed: %s", outcome.tenant.schema_name, type(error).__name__)
    return done


def record_past_handoffs(*, tenant: TenantRef, booking: PublicBooking, past: Iterable[PastHandoff]) -> int:
    """Write handoffs of the past with their timelines; one whose number is there already is left as it is.

    Returns how many were written.
    """
    rows = {row.pk: (row, entry.completed_by) for entry in past for row in [_to_past_row(tenant, booking, entry)]}
    with transaction.atomic():
        for known in BookingHandoff.objects.filter(pk__in=list(rows)).values_list("pk", flat=True):
            del rows[known]
        BookingHandoff.objects.bulk_create([row for row, _ in rows.values()], batch_size=500)
        HandoffEvent.objects.bulk_create(
            [event for row, completed_by in rows.values() for event in _past_events(row, completed_by)],
            batch_size=1000,
        )
        mark_due(tenant_id=tenant.id, kind=SWEEP)
    return len(rows)


def _to_past_row(tenant: TenantRef, booking: PublicBooking, past: PastHandoff) -> BookingHandoff:
    created = past.created_at
    is_completed = past.status == HandoffStatus.COMPLETED_EXTERNAL
    was_clicked = is_completed or past.status == HandoffStatus.REDIRECTED
    key = uuid5(UUID(int=tenant.id), str(past.number))
    handoff_id = derive_handoff_id(schema_name=tenant.schema_name, idempotency_key=key)
    return BookingHandoff(
        id=handoff_id,
        created_at=created,
        pending_since=created,
        status=past.status,
        redirected_at=created + past.clicked_after if was_clicked else None,
        completed_at=created + max(past.completed_after, past.clicked_after) if is_completed else None,
        abandoned_at=created + timedelta(hours=24) if past.status == HandoffStatus.ABANDONED else None,
        external_booking_url_used=booking.outbound_url(handoff_id=handoff_id),
        **_lead_columns(past.lead),
    )


def _past_events(row: BookingHandoff, completed_by: str) -> list[HandoffEvent]:
    moments = (
        (EventType.CREATED, row.created_at, "visitor", Evidence.SYSTEM),
        (EventType.REDIRECTED, row.redirected_at, "visitor", Evidence.CLICK),
        (EventType.COMPLETED, row.completed_at, completed_by, Evidence.MANUAL),
        (EventType.ABANDONED, row.abandoned_at, "system", Evidence.SYSTEM),
    )
    return [
        HandoffEvent(handoff=row, type=kind, at=at, actor=actor, evidence=evidence)
        for kind, at, actor, evidence in moments
        if at is not None
    ]
