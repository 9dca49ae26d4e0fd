"""A visitor's two steps, with the database or without it.

A capture goes to this host's journal first, then to the database; a click goes to the database, and to the journal
where that does not answer. Neither waits longer than a second, nobody is told of what a dead machine would lose, and
what waits in the journal is stored by the drainer, which calls the same rules. Ids are made without the database, so
the visitor's link is the one of the later row.
"""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from shared_apps.journal.files import Record
from shared_apps.journal.hooks import Outcome
from shared_apps.journal.selectors import find_waiting
from shared_apps.journal.services import write_ahead
from shared_apps.tenants.backend.guard import time_limit
from shared_apps.tenants.scope import TenantRef
from tenant_apps.booking.selectors import PublicBooking
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.figures import CAPTURES, CLICKS, counted
from tenant_apps.handoffs.received import Received
from tenant_apps.handoffs.selectors import HandoffNotFoundError, get_handoff
from tenant_apps.handoffs.services import (
    BookingUnavailableError,
    Capture,
    IdempotencyKeyReusedError,
    Lead,
    get_outbound_url,
    receive_handoff,
    record_click,
    redirect_handoff,
    store_handoff,
)

logger = logging.getLogger(__name__)

STEP_SECONDS: Final = 1.0
"""How long the database may take for a visitor's step before the visitor goes on without it."""

CAPTURE: Final = "capture"
CLICK: Final = "click"
CLICKS_SHARE: Final = 0.5  # of a tenant's quota: the rest is for captures, whatever is clicked


@dataclass(frozen=True, slots=True)
class Click:
    """A click that is kept, and where it leads. `redirected_at` is that of the first click.

    `outcome` is what it is counted as: `first`, `repeated` or `queued`.
    """

    status: str
    redirected_at: datetime | None
    url: str
    outcome: str = "queued"


def _outcome(capture: Capture) -> str:
    return "queued" if capture.is_waiting else "created" if capture.is_new else "repeated"


@counted(CAPTURES, _outcome)
def capture_handoff(
    *, tenant: TenantRef, booking: PublicBooking, lead: Lead, idempotency_key: UUID | None, now: datetime
) -> Capture:
    """Keep a visitor's wish, before anything else happens to the visitor. `now` is the moment of receipt.

    With a key the same call again gives the same handoff, in any process; another body raises
    IdempotencyKeyReusedError, in an outage as far as this host's journal knows the key. Raises what the database
    raised where the wish could be kept nowhere.
    """
    handoff = receive_handoff(tenant=tenant, booking=booking, lead=lead, idempotency_key=idempotency_key, now=now)
    entry, earlier = None, None
    if idempotency_key is not None:
        earlier = find_waiting_handoff(tenant=tenant, handoff_id=handoff.pk)
    if earlier is None:
        entry = write_ahead(
            kind=CAPTURE, schema_name=tenant.schema_name, record_id=handoff.pk, at=now, payload=_to_payload(handoff)
        )
    elif earlier.fingerprint == handoff.fingerprint:
        handoff = earlier
    else:
        raise IdempotencyKeyReusedError
    try:
        with time_limit(STEP_SECONDS):
            capture = store_handoff(handoff)
    except IdempotencyKeyReusedError:
        if entry is not None:
            entry.mark_stored()
        raise
    except (DatabaseError, InterfaceError) as error:
        is_kept = earlier is not None or (entry is not None and entry.mark_waiting())
        if not is_kept:
            raise
        _log_away(CAPTURE, error)
        return Capture(handoff, is_new=earlier is None, is_waiting=True)
    if entry is not None:
        entry.mark_stored()
    return capture if earlier is None else replace(capture, is_new=False)


@counted(CLICKS, attrgetter("outcome"))
def click_handoff(
    *, tenant: TenantRef, booking: PublicBooking, handoff_id: UUID, now: datetime, trusts_id: bool
) -> Click:
    """Mark the click, once, and say where to go. While the database is away the click is kept in the journal.

    Then an id of this host's journal counts as known, and with `trusts_id` any other too: the visitor comes first, and
    a click on nothing is dropped later. Raises HandoffNotFoundError, BookingUnavailableError, and what the database
    raised where nothing is known of the id.
    """
    try:
        with time_limit(STEP_SECONDS):
            done = redirect_handoff(booking=booking, handoff_id=handoff_id)
        outcome = "first" if done.changed else "repeated"
        return Click(done.handoff.status, done.handoff.redirected_at, done.url, outcome)
    except HandoffNotFoundError:
        waiting = find_waiting_handoff(tenant=tenant, handoff_id=handoff_id)
        if waiting is None:
            raise
    except (DatabaseError, InterfaceError) as error:
        waiting = find_waiting_handoff(tenant=tenant, handoff_id=handoff_id)
        if waiting is None and not trusts_id:
            raise
        _log_away(CLICK, error)
    if not booking.ready:
        raise BookingUnavailableError
    at = _keep_click(tenant=tenant, booking=booking, handoff_id=handoff_id, now=now)
    if waiting is None:
        return Click(HandoffStatus.REDIRECTED, at, booking.outbound_url(handoff_id=handoff_id))
    return Click(HandoffStatus.REDIRECTED, at, get_outbound_url(booking=booking, handoff=waiting))


def _keep_click(*, tenant: TenantRef, booking: PublicBooking, handoff_id: UUID, now: datetime) -> datetime:
    """Keep the first click on a handoff in the journal; returns its moment. Without room the visitor goes on anyway."""
    first = find_waiting(kind=CLICK, schema_name=tenant.schema_name, record_id=handoff_id)
    if first is not None:
        return _moment(first)
    url = booking.outbound_url(handoff_id=handoff_id)
    entry = write_ahead(
        kind=CLICK,
        schema_name=tenant.schema_name,
        record_id=handoff_id,
        at=now,
        payload={"url": url},
        share=CLICKS_SHARE,
    )
    if entry is not None:
        entry.mark_waiting()
    return now


def find_waiting_handoff(*, tenant: TenantRef, handoff_id: UUID) -> Received | None:
    """Return the handoff that waits in this host's journal; None when none does."""
    record = find_waiting(kind=CAPTURE, schema_name=tenant.schema_name, record_id=handoff_id)
    return None if record is None else _to_handoff(record)


def replay_capture(tenant: TenantRef, record: Record) -> Outcome:
    """Store a capture from the journal, as it would have been stored then. What was erased since stays erased."""
    try:
        store_handoff(_to_handoff(record))
    except IdempotencyKeyReusedError:
        return Outcome.CONFLICT if get_handoff(record.id).fingerprint else Outcome.STORED
    return Outcome.STORED


def replay_click(tenant: TenantRef, record: Record) -> Outcome:
    """Mark a click from the journal, at its own moment. One on a handoff that the tenant lacks is UNKNOWN."""
    is_known = record_click(handoff_id=record.id, url=record.payload["url"], at=_moment(record))
    return Outcome.STORED if is_known else Outcome.UNKNOWN


def _to_payload(handoff: Received) -> dict[str, Any]:
    payload = handoff._asdict()
    del payload["id"]  # the record has it
    payload["created_at"] = handoff.created_at.isoformat()
    payload["fingerprint"] = None if handoff.fingerprint is None else handoff.fingerprint.hex()
    return payload


def _to_handoff(record: Record) -> Received:
    payload, fingerprint = record.payload, record.payload["fingerprint"]
    read = {
        "created_at": datetime.fromisoformat(payload["created_at"]),
        "fingerprint": None if fingerprint is None else bytes.fromhex(fingerprint),
    }
    return Received(id=record.id, **payload | read)


def _moment(record: Record) -> datetime:
    return datetime.fromtimestamp(record.at_ms / 1000, UTC)


def _log_away(kind: str, error: Exception) -> None:
    """Class and SQLSTATE alone: the server's text may hold what was typed."""
    sqlstate = getattr(error.__cause__, "sqlstate", None) or "none"
    logger.warning("a %s waits in the journal: %s, SQLSTATE %s", kind, type(error).__name__, sqlstate)
