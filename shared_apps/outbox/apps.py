from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "shared_apps.outbox"
    label = "outbox"

    def ready(self) -> None:
        from shared_apps.outbox.querysets import DUE_KIND, NEXT_JOB_SQL
        from shared_apps.tenants.due import register_work

        register_work(DUE_KIND, look=NEXT_JOB_SQL)
