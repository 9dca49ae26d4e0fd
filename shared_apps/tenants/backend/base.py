"""Our PostgreSQL backend: a tenant's connection sees that tenant's schema and nothing else.

Four changes to django-tenants' own backend (docs/adr/0002, 0014):

- the search path is the tenant's schema alone, never `tenant, public`: a missing table or schema is an error
  instead of another schema's row;
- a connection made in any thread but the main one starts with no schema at all and refuses to work until a
  tenant, or public, has been entered: forgetting is an error, not a leak;
- `SET search_path` is sent only when the path the server itself reports (PostgreSQL 18 reports it) differs.
  A flag of ours could be wrong after a rollback or DISCARD ALL; the server's word cannot;
- no wait is longer than this process allows (`shared_apps.tenants.backend.guard`).
"""

import select
import threading
from collections.abc import Mapping
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsDatabaseWrapper
from psycopg.pq import Format, TransactionStatus

from shared_apps.tenants.backend import driver
from shared_apps.tenants.backend.guard import GUARD, time_limit
from shared_apps.tenants.backend.schema import LeanSchemaEditor

_HEALTH_SECONDS = 1.0


class DatabaseWrapper(TenantsDatabaseWrapper):
    """See the module. Enter a schema by `shared_apps.tenants.scope` only."""

    SchemaEditorClass = LeanSchemaEditor
    Database = driver

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if threading.current_thread() is not threading.main_thread():
            self.forget_schema()

    def get_connection_params(self) -> dict[str, Any]:
        """Return what to connect with; on duty the server is told to give up sooner than we do.

        So a statement that is merely slow ends as the server's own error, and ours means that the server is silent.
        """
        params: dict[str, Any] = super().get_connection_params()
        if GUARD.statement_seconds is not None:
            ours = f"-c statement_timeout={int(GUARD.statement_seconds * 1000 * 5 / 6)}"
            params["options"] = f"{params.get('options', '')} {ours}".strip()
        return params

    def is_usable(self) -> bool:
        """Tell whether the connection is alive. Asks the server, for a second at most, only where something came.

        An idle server says nothing: what has come is its farewell, or the end of the stream. A server that fell silent
        without one is met by the limit of whatever statement comes next.
        """
        is_idle = self.connection.info.transaction_status == TransactionStatus.IDLE
        if is_idle and not select.select([self.connection.fileno()], [], [], 0)[0]:
            return True
        with time_limit(_HEALTH_SECONDS):
            return bool(super().is_usable())

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if self.connection.info.parameter_status("search_path") is None:
            raise ImproperlyConfigured(
                "The database server does not report search_path. PostgreSQL 18 or newer is needed "
                "(behind PgBouncer: 1.25.2 or newer with track_extra_parameters = search_path)."
            )

    def forget_schema(self) -> None:
        """Leave every schema: the next statement raises ImproperlyConfigured until one is entered."""
        self.tenant = None
        self.schema_name = None

    def set_tenant(self, tenant: Any, include_public: bool = False) -> None:
        """Enter `tenant.schema_name`. `include_public` is accepted for django-tenants and always False."""
        super().set_tenant(tenant, include_public=False)

    def ask(self, statement: str, values: Mapping[str, Any]) -> Any:
        """Run a statement of a hot path that names its schema itself; return its cursor, to count and fetch by.

        Its values reach the server apart from the statement's text, and so no log of the server; a statement that is
        used again and again on a connection is planned once (`prepare_threshold` in the settings). The search path is
        neither set nor needed. Django's cursor, at twice the cost, stands in between only where somebody watches.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor: Any = psycopg.Cursor(self.connection)
            cursor.format = Format.BINARY  # psycopg reads that in C; a moment sent as text is read by Django's Python
            if self.execute_wrappers or self.queries_logged:
                cursor = self._prepare_cursor(cursor)
            cursor.execute(statement, values)
        return cursor

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path:
            return
        if self.connection is not None and self.schema_name:
            wanted = ", ".join(self._get_cursor_search_paths())  # names are [a-z0-9_]: the server never quotes them
            if self.connection.info.parameter_status("search_path") == wanted:
                return
        super()._handle_search_path(cursor)
