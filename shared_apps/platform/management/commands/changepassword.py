"""Django's own command, among the platform's people, for an admin who forgot their password."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from shared_apps.tenants.scope import public_scope


class Command(changepassword.Command):
    help = "Change the password of one of the platform's people."

    def execute(self, *args: Any, **options: Any) -> str | None:
        with public_scope():
            return super().execute(*args, **options)
