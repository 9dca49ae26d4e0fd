"""`manage.py dead_records`: what the drainer set aside, and having it stored once the cause is mended."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shared_apps.journal.drain import list_dead, put_back
from shared_apps.journal.ledger import host_journal


class Command(BaseCommand):
    """Lists this host's records that were set aside: reason, kind, schema and id; they stay sealed."""

    help = "List this host's journal records that were set aside, and have them stored after all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--replay", metavar="NAME", help="put that record back; the drainer stores it")
        which.add_argument("--all", action="store_true", help="put all of them back, torn lines excepted")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per record, then put back what was asked for. Safe beside a drainer, and to repeat."""
        folder = host_journal().folder
        dead, wanted = list_dead(folder), options["replay"]
        if wanted is not None:
            dead = [one for one in dead if one.name == wanted]
            if not dead:
                raise CommandError(f"No record {wanted} was set aside.")
        for one in dead:
            self.stdout.write(f"{one.name} {one.size} bytes, set aside {one.at.isoformat(timespec='seconds')}")
        if wanted is None and not options["all"]:
            self.stdout.write(f"{len(dead)} records were set aside.")
            return
        self.stdout.write(f"{put_back(folder, names=[one.name for one in dead])} records were put back.")
