"""Brings public and every tenant's schema up to date: planned once, applied per tenant, several at a time."""

import sys
import threading
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.migrations.loader import MigrationLoader

from shared_apps.platform.upgrades import list_behind, upgrade_tenants
from shared_apps.tenants.scope import TenantRef, public_scope, tenant_connection

_SHOW_SECONDS = 2.0


class Command(BaseCommand):
    help = "Migrate the public schema, then each tenant's schema that is behind the code. Safe to kill and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--jobs", type=int, default=2, help="how many tenants at a time (default 2)")
        parser.add_argument("--ask-all", action="store_true", help="ask every schema, whatever its tenant's row says")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["jobs"] <= 32:
            raise CommandError("--jobs takes a number from 1 to 32.")
        self._migrate_public()
        tenants = list_behind(ask_all=options["ask_all"])
        self._began = self._shown = time.monotonic()
        self._done, self._total, self._lock = 0, len(tenants), threading.Lock()
        outcome = upgrade_tenants(tenants, jobs=options["jobs"], report=self._report)
        self.stdout.write(
            f"{outcome.migrated} tenants migrated, {outcome.current} were up to date, {len(outcome.failed)} failed"
        )
        if outcome.failed:
            shown = ", ".join(outcome.failed[:20]) + (" …" if len(outcome.failed) > 20 else "")
            raise CommandError(f"Not migrated, left serving: {shown}. Run the command again.")

    def _migrate_public(self) -> None:
        with public_scope():
            connection = tenant_connection()
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET statement_timeout = 0; SET lock_timeout = 2000; SET idle_in_transaction_session_timeout = 0"
                )
            loader = MigrationLoader(connection)
            if set(loader.disk_migrations) <= set(loader.applied_migrations):
                return
            self.stdout.write("public: migrating")
            call_command("migrate_schemas", "--shared", interactive=False, verbosity=0)

    def _report(self, tenant: TenantRef, failure: str) -> None:
        with self._lock:
            self._done += 1
            if failure:
                self.stderr.write(f"{tenant.schema_name}: {failure}")
            now = time.monotonic()
            if now - self._shown >= _SHOW_SECONDS or self._done == self._total:
                self._shown = now
                left = (now - self._began) / self._done * (self._total - self._done)
                self.stdout.write(f"tenants: {self._done} of {self._total}, {left:.0f} s left")
                sys.stdout.flush()
