"""Makes one real tenant and prints the link by which its owner sets a password."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_apps.errors import DomainError
from shared_apps.platform.services import DEFAULT_INDUSTRY, provision_tenant
from shared_apps.tenants.selectors import tenant_url


class Command(BaseCommand):
    help = "Create one tenant: schema, tables, settings, owner and subdomain, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="the business's name")
        parser.add_argument("--subdomain", required=True, help="where it answers: <subdomain>.<SAAS_DOMAIN>")
        parser.add_argument("--owner-email", required=True, help="the owner's login")
        parser.add_argument("--industry", default=DEFAULT_INDUSTRY, help="a slug such as salon or dental")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = provision_tenant(
                name=options["name"],
                subdomain=options["subdomain"],
                owner_email=options["owner_email"],
                industry=options["industry"],
                progress=lambda step: self.stderr.write(f"  {step} ..."),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{made.tenant.name} answers at {tenant_url(made.tenant)}")
        self.stdout.write("The owner sets a password, once, within three days, at:")
        self.stdout.write(tenant_url(made.tenant, f"/set-password/{made.set_password_token}"))
