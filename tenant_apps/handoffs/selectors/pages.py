"""Pages of the list. They go by key, not by offset: as fast on the thousandth page as on the first."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import TextField
from django.db.models.functions import Cast
from psycopg import sql

from shared_apps.errors import FieldProblem, InvalidFieldsError
from shared_apps.tenants.scope import tenant_connection
from tenant_apps.handoffs.expressions import ITEM_SQL, MICROSECONDS_SQL, ItemJson, Microseconds
from tenant_apps.handoffs.selectors.changes import Version, read_version, with_version_sql
from tenant_apps.handoffs.selectors.filters import HandoffFilters, filter_handoffs

_CURSOR_SALT = "handoff-cursor"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[datetime, UUID]
Row = tuple[str, int, str]
"""An item as JSON, and its place in the list: microseconds since 1970 and id."""


def list_handoffs_json(*, filters: HandoffFilters, limit: int, cursor: str, schema_name: str, client_id: str) -> bytes:
    """Return a page of at most `limit` as the JSON of `HandoffListOut`, its items made by PostgreSQL and never parsed.

    One statement. Raises InvalidFieldsError when `cursor` is not one this tenant gave out.
    """
    after = _read_cursor(cursor, schema_name)
    if filters.is_empty:
        statement = newest_page_sql(schema_name, limit + 1, is_first=after is None)
        page: list[Row] = _read_newest(statement, after=after, client_id=client_id)
    else:
        page = _read_filtered(filters, after=after, limit=limit + 1, client_id=client_id)
    return _to_json(page, limit=limit, schema_name=schema_name)


def list_newest_json(*, limit: int, cursor: str, schema_name: str, client_id: str) -> tuple[Version, bytes]:
    """Return the same without filters, and the version it is of: what a dashboard begins with.

    One statement; on Citus, where the version is asked for alone, as many as the two take.
    """
    if settings.CITUS:
        version, _ = read_version(known_tags="", question=None)
        return version, list_handoffs_json(
            filters=HandoffFilters(), limit=limit, cursor=cursor, schema_name=schema_name, client_id=client_id
        )
    after = _read_cursor(cursor, schema_name)
    statement = _versioned_page_sql(schema_name, limit + 1, is_first=after is None)
    rows = _read_newest(statement, after=after, client_id=client_id)
    page = [row[2:] for row in rows if row[2] is not None]
    return Version(*rows[0][:2]), _to_json(page, limit=limit, schema_name=schema_name)


def _read_newest(statement: str, *, after: Place | None, client_id: str) -> list[Any]:
    """All of the tenant's, by a statement that is planned once."""
    values: dict[str, Any] = {"client_id": client_id} | ({"at": after[0], "id": after[1]} if after else {})
    rows: list[Any] = tenant_connection().ask(statement, values).fetchall()
    return rows


def _read_filtered(filters: HandoffFilters, *, after: Place | None, limit: int, client_id: str) -> list[Row]:
    rows = filter_handoffs(filters).newest_first()
    rows = rows.after(*after) if after else rows
    told = rows.annotate(item=ItemJson(client_id=client_id), at=Microseconds(), key=Cast("id", TextField()))
    return list(told.values_list("item", "at", "key")[:limit])


def _to_json(page: list[Row], *, limit: int, schema_name: str) -> bytes:
    items = ",".join([item for item, _, _ in page[:limit]])
    following = f'"{_make_cursor(*page[limit - 1][1:], schema_name)}"' if len(page) > limit else "null"
    return f'{{"items":[{items}],"nextCursor":{following}}}'.encode()


@lru_cache(maxsize=4_000)
def newest_page_sql(schema: str, limit: int, *, is_first: bool) -> str:
    """Return the statement for a page of one schema's handoffs, from %(at)s, %(id)s on where it is not the first.

    The limit stands in it: where it does not, the plan that is kept reckons with a tenth of the table.
    """
    after = sql.SQL("WHERE created_at <= %(at)s AND (created_at < %(at)s OR id < %(id)s)")
    return (
        sql.SQL(
            "SELECT {item} AS item, {at} AS at, id::text AS key FROM {table} {after}"
            " ORDER BY created_at DESC, id DESC LIMIT {limit}"
        )
        .format(
            item=sql.SQL(ITEM_SQL.replace("%s", "%(client_id)s")),
            at=sql.SQL(MICROSECONDS_SQL),
            table=sql.Identifier(schema, "handoffs_bookinghandoff"),
            after=sql.SQL("") if is_first else after,
            limit=sql.Literal(limit),
        )
        .as_string()
    )


@lru_cache(maxsize=4_000)
def _versioned_page_sql(schema: str, limit: int, *, is_first: bool) -> str:
    return with_version_sql(schema, newest_page_sql(schema, limit, is_first=is_first))


def _make_cursor(microseconds: int, key: str, schema_name: str) -> str:
    return _signer(schema_name).sign(f"{microseconds:x}.{key.replace('-', '')}")


def _read_cursor(cursor: str, schema_name: str) -> Place | None:
    if not cursor:
        return None
    try:
        microseconds, key = _signer(schema_name).unsign(cursor).split(".")
    except (signing.BadSignature, ValueError):
        raise InvalidFieldsError(
            [FieldProblem("cursor", "This cursor is not valid here. Start again without one.", "cursor")]
        ) from None
    moment = _EPOCH + timedelta(microseconds=int(microseconds, 16))
    return moment, UUID(hex=key)


@lru_cache(maxsize=4_000)
def _signer(schema_name: str) -> signing.Signer:
    return signing.Signer(salt=f"{_CURSOR_SALT}:{schema_name}")
