"""Makes the demo tenants; run again, it changes nothing that is there."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.errors import DomainError
from shared_apps.platform.services import ensure_platform_user
from shared_apps.tenants.selectors import tenant_url
from tenant_apps.demo.data import CORE_DEMOS, DEMO_PASSWORD, INDUSTRY_DEMOS, PLATFORM_ADMIN, Demo
from tenant_apps.demo.services import SubdomainIsNotDemoError, add_history, ensure_demo_tenant


class Command(BaseCommand):
    help = "Create the demo tenants and logins. Idempotent. Refuses in production unless --force."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--history", type=int, default=0, metavar="N", help="N past handoffs per tenant, over 60 days"
        )
        parser.add_argument("--all-industries", action="store_true", help="one more tenant per industry")
        parser.add_argument("--reset", action="store_true", help="drop the demo tenants first, with all they hold")
        parser.add_argument("--force", action="store_true", help="run even where DEBUG is off")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEVELOPMENT and not options["force"]:
            raise CommandError("Demo logins have a known password. DEBUG is off here; use --force if you mean it.")
        if options["history"] < 0:
            raise CommandError("--history takes a number of handoffs, 0 or more.")
        ensure_platform_user(email=PLATFORM_ADMIN, role=Role.ADMIN, password=DEMO_PASSWORD)
        demos = [*CORE_DEMOS, *(INDUSTRY_DEMOS if options["all_industries"] else ())]
        for number, demo in enumerate(demos, start=1):
            self._make(demo, f"[{number}/{len(demos)}]", options)

    def _make(self, demo: Demo, prefix: str, options: dict[str, Any]) -> None:
        started = time.monotonic()
        try:
            tenant, is_new = ensure_demo_tenant(
                demo=demo,
                reset=options["reset"],
                progress=lambda step: (
                    self.stdout.write(f"{prefix} {demo.name}: {step}") if options["verbosity"] > 1 else None
                ),
            )
        except SubdomainIsNotDemoError:
            self.stderr.write(f"{prefix} {demo.name}: {demo.subdomain} belongs to a real tenant; it was left alone.")
            return
        except DomainError as error:
            raise CommandError(f"{demo.subdomain}: {error.message}") from None
        what = "created" if is_new else "there already"
        if options["history"]:
            added = add_history(tenant=tenant, demo=demo, count=options["history"], now=timezone.now())
            what += f", {added} past handoffs added"
        seconds = time.monotonic() - started
        self.stdout.write(f"{prefix} {demo.name}: {what} ({seconds:.1f} s)  {tenant_url(tenant)}")
