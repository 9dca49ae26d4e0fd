"""Brings public and every tenant's schema up to date; asks all of them in one statement which ones lag."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.db.migrations.loader import MigrationLoader
from django.db.utils import ProgrammingError
from psycopg import sql

from shared_apps.tenants.models import Tenant
from shared_apps.tenants.scope import public_scope, tenant_connection


class Command(BaseCommand):
    help = "Migrate the public schema, then each tenant's schema that is behind the code."

    def handle(self, *args: Any, **options: Any) -> None:
        connection = tenant_connection()
        connection.close()
        connection.settings_dict["OPTIONS"]["options"] = "-c lock_timeout=2000"  # no limit on how long DDL may run
        with public_scope():
            if self._lagging(["public"]):
                self.stdout.write("public: migrating")
                call_command("migrate_schemas", "--shared", interactive=False, verbosity=0)
            schemas = list(Tenant.objects.order_by("id").values_list("schema_name", flat=True))
            behind = self._lagging(schemas)
        failed = [schema for schema in behind if not self._migrate(schema)]
        self.stdout.write(f"{len(schemas)} tenants, {len(behind)} migrated, {len(failed)} failed")
        if failed:
            raise CommandError(f"Not migrated, left serving: {', '.join(failed)}. Run the command again.")

    def _migrate(self, schema: str) -> bool:
        self.stdout.write(f"{schema}: migrating")
        try:
            call_command("migrate_schemas", "--tenant", f"--schema={schema}", interactive=False, verbosity=0)
        except DatabaseError as error:
            self.stderr.write(f"{schema}: {type(error).__name__}")
            return False
        return True

    def _lagging(self, schemas: list[str]) -> list[str]:
        """Return those of `schemas` that lack a migration the code has for any app they carry."""
        if not schemas:
            return []
        wanted = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
        parts = [
            sql.SQL("SELECT {name}, array_agg(app || '.' || name) FROM {table}").format(
                name=sql.Literal(schema), table=sql.Identifier(schema, "django_migrations")
            )
            for schema in schemas
        ]
        try:
            with tenant_connection().cursor() as cursor:
                cursor.execute(sql.SQL(" UNION ALL ").join(parts))
                applied = {schema: set(names or ()) for schema, names in cursor.fetchall()}
        except ProgrammingError:  # a schema without its table of migrations: let the migrations themselves decide
            return schemas
        return [schema for schema in schemas if not wanted <= applied[schema]]
