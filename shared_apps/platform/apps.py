from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "shared_apps.platform"
    label = "platform"

    def ready(self) -> None:
        from shared_apps.outbox.selectors import FAILED_JOBS_SQL
        from shared_apps.platform.hooks import register_fact

        register_fact("jobs given up", FAILED_JOBS_SQL)
