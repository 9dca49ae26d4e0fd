"""What the tests of isolation look with: the server's own word on where a statement runs, and whole databases."""

from functools import cache
from typing import Any

from psycopg import sql

from shared_apps.tenants.scope import public_scope, tenant_connection
from tenant_apps.business.models import BusinessProfile


class BoomError(Exception):
    """Raised by tests, caught by tests."""


def ask(statement: str, *values: Any) -> Any:
    """Return the first column of the first row."""
    with tenant_connection().cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    assert row is not None
    return row[0]


def where() -> tuple[str, str | None]:
    """Return what the server says the search path is, and the schema that unqualified names are made in."""
    return ask("SHOW search_path"), ask("SELECT current_schema()")


def business_name() -> str:
    """Return the marker row of the schema in which this is asked: `Alpha Studio`, `Beta Studio`."""
    return BusinessProfile.objects.get(pk=1).name


@cache
def _fingerprint_statement(schemas: tuple[str, ...]) -> sql.Composed:
    with tenant_connection().cursor() as cursor:
        cursor.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)", [list(schemas)])
        tables = cursor.fetchall()
    return sql.SQL(" UNION ALL ").join(
        sql.SQL(
            "SELECT {name}, count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')"
            " FROM {table} t"
        ).format(name=sql.Literal(f"{schema}.{table}"), table=sql.Identifier(schema, table))
        for schema, table in tables
    )


def read_everything(*schemas: str) -> dict[str, str]:
    """Return {table: number and hash of its rows} of public and `schemas`: equal when no row has changed."""
    with public_scope():
        statement = _fingerprint_statement(("public", *schemas))
        with tenant_connection().cursor() as cursor:
            cursor.execute(statement)
            return dict(cursor.fetchall())
