"""manage.py update_catalogs"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from saas.catalogs import list_untranslated, update_catalog, write_catalog


class Command(BaseCommand):
    """Brings the Spanish catalog up to date with the code, compiles it, and says what is not translated yet."""

    help = "Update and compile the message catalog; fails while something is not translated."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        catalog = update_catalog()
        write_catalog(catalog)
        missing = list_untranslated(catalog)
        if missing:
            raise CommandError("not translated:\n  " + "\n  ".join(missing))
        self.stdout.write(f"{len(catalog)} messages, all translated.")
