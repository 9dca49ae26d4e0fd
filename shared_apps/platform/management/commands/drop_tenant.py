"""Drops a closed tenant for good, and proves that nothing of it is left but its names."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from shared_apps.platform.lifecycle import DROP, GRACE, StepRefusedError, take_step
from shared_apps.tenants.scope import public_scope
from shared_apps.tenants.selectors import find_tenant_by_subdomain


class Command(BaseCommand):
    help = (
        "Drop a closed tenant's schema for good. It must have been exported since it was closed, and long enough ago."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subdomain")
        parser.add_argument("--confirm", required=True, metavar="SUBDOMAIN", help="the subdomain once more")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = find_tenant_by_subdomain(options["subdomain"])
        if tenant is None or options["confirm"] != options["subdomain"]:
            raise CommandError("There is no such tenant, or --confirm does not repeat its subdomain.")
        try:
            take_step(tenant=tenant, step=DROP)
        except StepRefusedError:
            raise CommandError(
                f"Not dropped: close the tenant, export it after that, and wait {GRACE.days} days."
            ) from None
        with public_scope(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(%s)", [tenant.schema_name]
            )
            (left,) = cursor.fetchone() or (None,)
        self.stdout.write(f"{tenant.client_id} is dropped: {left} of its tables, indexes and sequences are left.")
