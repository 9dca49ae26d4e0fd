from django.apps import AppConfig
from django.conf import settings


class SaasConfig(AppConfig):
    name = "saas"

    def ready(self) -> None:
        from saas.logs import log_uncaught

        log_uncaught()
        if settings.SENTRY_DSN:  # else not even imported: 4 MB and a tenth of a second
            from saas.reporting import start_reporting

            start_reporting(dsn=settings.SENTRY_DSN)
