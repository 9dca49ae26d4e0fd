from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "tenant_apps.booking"
    label = "booking"

    def ready(self) -> None:
        from shared_apps.platform.hooks import register_first_rows
        from tenant_apps.booking.services import create_settings

        register_first_rows(create_settings)
