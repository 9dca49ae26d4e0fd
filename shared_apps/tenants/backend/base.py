"""Our PostgreSQL backend: a tenant's connection sees that tenant's schema and nothing else.

Three changes to django-tenants' own backend (docs/adr/0002):

- the search path is the tenant's schema alone, never `tenant, public`: a missing table or schema is an error
  instead of another schema's row;
- a connection made in any thread but the main one starts with no schema at all and refuses to work until a
  tenant, or public, has been entered: forgetting is an error, not a leak;
- `SET search_path` is sent only when the path the server itself reports (PostgreSQL 18 reports it) differs.
  A flag of ours could be wrong after a rollback or DISCARD ALL; the server's word cannot.
"""

import threading
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsDatabaseWrapper

from shared_apps.tenants.backend.schema import LeanSchemaEditor


class DatabaseWrapper(TenantsDatabaseWrapper):
    """See the module. Enter a schema by `shared_apps.tenants.scope` only."""

    SchemaEditorClass = LeanSchemaEditor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if threading.current_thread() is not threading.main_thread():
            self.forget_schema()

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

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path:
            return
        if self.connection is not None and self.schema_name:
            wanted = ", ".join(self._get_cursor_search_paths())  # names are [a-z0-9_]: the server never quotes them
            if self.connection.info.parameter_status("search_path") == wanted:
                return
        super()._handle_search_path(cursor)
