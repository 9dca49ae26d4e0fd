"""Pages of the list. They go by key, not by offset: as fast on the thousandth page as on the first."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core import signing

from shared_apps.errors import FieldProblem, InvalidFieldsError
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.selectors.filters import HandoffFilters, filter_handoffs

_CURSOR_SALT = "handoff-cursor"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HandoffPage:
    """One page, newest first; `next_cursor` is None on the last."""

    items: list[BookingHandoff]
    next_cursor: str | None


def list_handoffs(*, filters: HandoffFilters, limit: int, cursor: str, schema_name: str) -> HandoffPage:
    """Return a page of at most `limit`. Raises InvalidFieldsError when `cursor` is not one this tenant gave out."""
    rows = filter_handoffs(filters).newest_first()
    if cursor:
        rows = rows.after(*_read_cursor(cursor, schema_name))
    page = list(rows.defer("fingerprint", "pending_since")[: limit + 1])
    items = page[:limit]
    return HandoffPage(items, _make_cursor(items[-1], schema_name) if len(page) > limit else None)


def _make_cursor(handoff: BookingHandoff, schema_name: str) -> str:
    microseconds = (handoff.created_at - _EPOCH) // timedelta(microseconds=1)
    return signing.Signer(salt=f"{_CURSOR_SALT}:{schema_name}").sign(f"{microseconds:x}.{handoff.pk.hex}")


def _read_cursor(cursor: str, schema_name: str) -> tuple[datetime, UUID]:
    try:
        microseconds, key = signing.Signer(salt=f"{_CURSOR_SALT}:{schema_name}").unsign(cursor).split(".")
    except (signing.BadSignature, ValueError):
        raise InvalidFieldsError(
            [FieldProblem("cursor", "This cursor is not valid here. Start again without one.", "cursor")]
        ) from None
    moment = _EPOCH + timedelta(microseconds=int(microseconds, 16))
    return moment, UUID(hex=key)
