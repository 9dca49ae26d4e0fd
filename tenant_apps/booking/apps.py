from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "tenant_apps.booking"
    label = "booking"

    def ready(self) -> None:
        from shared_apps.platform.hooks import register_first_rows
        from shared_apps.tenants.hooks import register_refresher
        from tenant_apps.booking.selectors import load_snapshot
        from tenant_apps.booking.services import create_settings

        register_first_rows(create_settings)
        register_refresher(load_snapshot)
