from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "shared_apps.support"
    label = "support"

    def ready(self) -> None:
        """Tell the logins, which do not know this app, who else may come, and what to clean up."""
        from shared_apps.accounts.hooks import register_cleanup, register_guests
        from shared_apps.support.guests import find_visit, leave
        from shared_apps.support.services import forget_old_accesses

        register_guests(find=find_visit, leave=leave)
        register_cleanup(forget_old_accesses)
