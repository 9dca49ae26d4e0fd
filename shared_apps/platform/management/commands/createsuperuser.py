"""Django's own command, among the platform's people: it makes the first admin, who makes the others in the admin."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError

from shared_apps.errors import InvalidFieldsError
from shared_apps.tenants.scope import public_scope


class Command(createsuperuser.Command):
    help = "Make an admin of the platform. Asks for e-mail address and password."

    def execute(self, *args: Any, **options: Any) -> str | None:
        with public_scope():
            try:
                return super().execute(*args, **options)
            except InvalidFieldsError as error:
                raise CommandError(error.problems[0].message) from None
