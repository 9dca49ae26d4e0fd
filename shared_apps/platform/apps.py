from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "shared_apps.platform"
    label = "platform"

    def ready(self) -> None:
        from shared_apps.platform.hooks import register_facts
        from shared_apps.platform.services import read_job_facts

        register_facts(read_job_facts)
