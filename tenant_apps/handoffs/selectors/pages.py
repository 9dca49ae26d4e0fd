"""Pages of the list. They go by key, not by offset: as fast on the thousandth page as on the first."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core import signing

from shared_apps.errors import FieldProblem, InvalidFieldsError
from tenant_apps.handoffs.expressions import ItemJson
from tenant_apps.handoffs.querysets import HandoffQuerySet
from tenant_apps.handoffs.selectors.filters import HandoffFilters, filter_handoffs

_CURSOR_SALT = "handoff-cursor"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def list_handoffs_json(*, filters: HandoffFilters, limit: int, cursor: str, schema_name: str, client_id: str) -> bytes:
    """Return a page of at most `limit` as the JSON of `HandoffListOut`, its items made by PostgreSQL and never parsed.

    One statement. Raises InvalidFieldsError when `cursor` is not one this tenant gave out.
    """
    rows = _from_cursor(filters, cursor, schema_name).annotate(item=ItemJson(client_id=client_id))
    page = list(rows.values_list("item", "created_at", "id")[: limit + 1])
    items = ",".join([item for item, _, _ in page[:limit]])
    following = f'"{_make_cursor(*page[limit - 1][1:], schema_name)}"' if len(page) > limit else "null"
    return f'{{"items":[{items}],"nextCursor":{following}}}'.encode()


def _from_cursor(filters: HandoffFilters, cursor: str, schema_name: str) -> HandoffQuerySet:
    rows = filter_handoffs(filters).newest_first()
    return rows.after(*_read_cursor(cursor, schema_name)) if cursor else rows


def _make_cursor(created_at: datetime, handoff_id: UUID, schema_name: str) -> str:
    microseconds = (created_at - _EPOCH) // timedelta(microseconds=1)
    return signing.Signer(salt=f"{_CURSOR_SALT}:{schema_name}").sign(f"{microseconds:x}.{handoff_id.hex}")


def _read_cursor(cursor: str, schema_name: str) -> tuple[datetime, UUID]:
    try:
        microseconds, key = signing.Signer(salt=f"{_CURSOR_SALT}:{schema_name}").unsign(cursor).split(".")
    except (signing.BadSignature, ValueError):
        raise InvalidFieldsError(
            [FieldProblem("cursor", "This cursor is not valid here. Start again without one.", "cursor")]
        ) from None
    moment = _EPOCH + timedelta(microseconds=int(microseconds, 16))
    return moment, UUID(hex=key)
