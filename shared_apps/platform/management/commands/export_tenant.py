"""Writes one tenant to one file, for its owner, a backup, or a move to another server."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from shared_apps.errors import DomainError
from shared_apps.platform.archives import export_tenant
from shared_apps.tenants.selectors import find_tenant_by_subdomain


class Command(BaseCommand):
    help = "Write one tenant, of whatever status, to a zip file: tables, rows, and a CSV of its handoffs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subdomain")
        parser.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="where to (default: here)")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = find_tenant_by_subdomain(options["subdomain"])
        if tenant is None:
            raise CommandError("There is no such tenant.")
        if not options["to"].is_dir():
            raise CommandError("--to takes a folder that is there.")
        path = options["to"] / f"{tenant.client_id}-{timezone.now():%Y%m%d-%H%M%S}.zip"
        try:
            counts = export_tenant(tenant=tenant, path=path, progress=lambda step: self.stderr.write(f"  {step} ..."))
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{path}: {sum(counts.values())} rows of {len(counts)} tables")
