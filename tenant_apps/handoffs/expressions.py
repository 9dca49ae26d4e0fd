"""SQL that the ORM has no word for. Columns stand in it by name: there is one table in each of these statements."""

import re
from typing import Any, Final

from django.conf import settings
from django.db.models import BigIntegerField, BooleanField, F, Func, TextField, Value
from django.utils.deconstruct import deconstructible
from psycopg import sql


@deconstructible(path="tenant_apps.handoffs.expressions.CurrentTransaction")
class CurrentTransaction(Func):
    """The number of the running transaction, of the kind that never comes back (xid8)."""

    template = "(pg_current_xact_id()::text::bigint)"
    arity = 0
    output_field = BigIntegerField()


HORIZON: Final = sql.SQL("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
NEXT: Final = sql.SQL("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")


def horizon_sql(cursor: Any) -> tuple[sql.Composable, sql.Composable]:
    """Return SQL for the number below which every transaction has ended, and for the next that will be given out.

    Both are of the statement's own snapshot. On Citus they are asked for first: the coordinator gives events their
    numbers, while a statement on a tenant's tables has the snapshot of their node. A change is committed there before
    its number ends here, so what is below the number can be seen.
    """
    if not settings.CITUS:
        return HORIZON, NEXT
    cursor.execute(sql.SQL("SELECT {}, {}").format(HORIZON, NEXT))
    horizon, following = cursor.fetchone()
    return sql.Literal(horizon), sql.Literal(following)


@deconstructible(path="tenant_apps.handoffs.expressions.SearchText")
class SearchText(Func):
    """All that search looks through, as one text; the line breaks keep a match within one column."""

    template = "(%(expressions)s)"
    arg_joiner = r" || E'\n' || "
    output_field = TextField()

    def __init__(self, *columns: Any) -> None:
        super().__init__(
            *(columns or map(F, ("customer_name", "customer_email", "customer_phone", "requested_service")))
        )


_LIKE_SIGNS = re.compile(r"([\\%_])")


def contains(text: str) -> Func:
    """Return the condition that `SearchText` contains `text`, whatever the case.

    ILIKE stands in pg_catalog, so the operator is found with the tenant's schema alone in the search path.
    """
    pattern = _LIKE_SIGNS.sub(r"\\\1", text)
    return Func(
        SearchText(),
        Value(f"%{pattern}%"),
        template="%(expressions)s",
        arg_joiner=" ILIKE ",
        output_field=BooleanField(),
    )


def _time(column: str) -> str:
    """Return SQL for a moment as the API writes it: UTC with `Z`, milliseconds where there are any."""
    utc = f"{column} AT TIME ZONE 'UTC'"
    return (
        f"CASE WHEN {column} = date_trunc('second', {column}) THEN to_char({utc}, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        f' ELSE to_char({utc}, \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\') END'
    )


def _given(column: str) -> str:
    return f"nullif({column}, '')"


# The item of the contract, section 5, in its order, but for `metadata`, which stands last;
# `tenant_apps.handoffs.schemas.HandoffOut` is the same in Python, and a test holds that both give the same.
_ITEM = {
    "id": "id::text",
    "clientId": "%s::text",
    "createdAt": _time("created_at"),
    "sourcePage": _given("source_page"),
    "industrySlug": "industry_slug",
    "customerName": "customer_name",
    "customerEmail": _given("customer_email"),
    "customerPhone": _given("customer_phone"),
    "requestedService": "requested_service",
    "preferredDateTimeText": "preferred_date_time_text",
    "notes": _given("notes"),
    "status": "status",
    "redirectedAt": _time("redirected_at"),
    "completedAt": _time("completed_at"),
    "abandonedAt": _time("abandoned_at"),
    "externalBookingUrlUsed": _given("external_booking_url_used"),
    "metadata": "NULL",
}
ITEM_SQL: Final = (
    f"replace(json_object('{{{','.join(_ITEM)}}}', ARRAY[{', '.join(_ITEM.values())}]::text[])::text,"
    " '\"metadata\" : null', '\"metadata\" : ' || metadata::text)"
)
"""A handoff as the list's JSON, made by PostgreSQL: the application passes it through unread.

`%s` stands for the tenant's subdomain. All values but one are text or nothing: `json_object` takes them so, while
`json_build_object` looks up the type of each, which is half of its time. The one that is JSON is put in afterwards; no
text can hold what it stands for, since quotes in a text are escaped.
"""
MICROSECONDS_SQL: Final = "(extract(epoch FROM created_at) * 1000000)::bigint"
"""When it was received, since 1970: for a number nobody makes a datetime."""


class ItemJson(Func):
    """ITEM_SQL for the ORM."""

    template = ITEM_SQL.replace("%s", "%(expressions)s")
    output_field = TextField()

    def __init__(self, *, client_id: str) -> None:
        super().__init__(Value(client_id))


class Microseconds(Func):
    """MICROSECONDS_SQL for the ORM."""

    template = MICROSECONDS_SQL
    arity = 0
    output_field = BigIntegerField()
