"""Makes a tenant of an archive that `export_tenant` wrote, beside the others."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_apps.errors import DomainError
from shared_apps.platform.archives import restore_tenant
from shared_apps.tenants.selectors import tenant_url


class Command(BaseCommand):
    help = "Make a tenant of an archive, beside the others; all of it or nothing. Restore only files you trust."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--subdomain", default="", help="where it is to answer (default: where it did)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant, counts = restore_tenant(
                path=options["file"],
                subdomain=options["subdomain"],
                progress=lambda step: self.stderr.write(f"  {step} ..."),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{tenant.name} answers at {tenant_url(tenant)}: {sum(counts.values())} rows")
