"""Brings public and every tenant's schema up to date; asks hundreds of them in one statement which ones lag."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import public_scope, tenant_connection

_CHUNK = 500  # schemas asked at once: each holds two locks until its answer


class Command(BaseCommand):
    help = "Migrate the public schema, then each tenant's schema that is behind the code."

    def handle(self, *args: Any, **options: Any) -> None:
        with public_scope():
            self._wait_for_ddl()
            if self._lagging(["public"]):
                self.stdout.write("public: migrating")
                call_command("migrate_schemas", "--shared", interactive=False, verbosity=0)
            schemas = list(Tenant.objects.order_by("id").values_list("schema_name", flat=True))
            chunks = [schemas[at : at + _CHUNK] for at in range(0, len(schemas), _CHUNK)]
            behind = [schema for chunk in chunks for schema in self._lagging(chunk)]
        failed = [schema for schema in behind if not self._migrate(schema)]
        self.stdout.write(f"{len(schemas)} tenants, {len(behind) - len(failed)} migrated, {len(failed)} failed")
        if failed:
            raise CommandError(f"Not migrated, left serving: {', '.join(failed)}. Run the command again.")

    def _wait_for_ddl(self) -> None:
        """Let statements of this process take as long as they need; none waits over 2 s for a lock visitors hold."""
        with tenant_connection().cursor() as cursor:
            cursor.execute(
                "SET statement_timeout = 0; SET lock_timeout = 2000; SET idle_in_transaction_session_timeout = 0"
            )

    def _migrate(self, schema: str) -> bool:
        self.stdout.write(f"{schema}: migrating")
        try:
            with public_scope():
                self._wait_for_ddl()  # again: a migration that failed may have cost the connection
                call_command("migrate_schemas", "--tenant", f"--schema={schema}", interactive=False, verbosity=0)
        except Exception as error:  # noqa: BLE001 - whatever a migration raises, the other tenants are migrated
            self.stderr.write(f"{schema}: {type(error).__name__}")
            return False
        return True

    def _lagging(self, schemas: list[str]) -> list[str]:
        """Return those of `schemas` that lack a migration the code has; all apps' are recorded in every schema."""
        wanted = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
        with tenant_connection().cursor() as cursor:
            cursor.execute(
                "SELECT schemaname FROM pg_tables WHERE tablename = 'django_migrations' AND schemaname = ANY(%s)",
                [schemas],
            )
            recorded = [schema for (schema,) in cursor.fetchall()]
            if not recorded:
                return schemas
            parts = [
                sql.SQL("SELECT {name}, array_agg(app || '.' || name) FROM {table}").format(
                    name=sql.Literal(schema), table=sql.Identifier(schema, "django_migrations")
                )
                for schema in recorded
            ]
            cursor.execute(sql.SQL(" UNION ALL ").join(parts))
            applied = {schema: set(names or ()) for schema, names in cursor.fetchall()}
        return [schema for schema in schemas if not wanted <= applied.get(schema, set())]
