from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "tenant_apps.booking"
    label = "booking"

    def ready(self) -> None:
        from shared_apps.outbox.hooks import register_job
        from shared_apps.platform.hooks import register_fact, register_first_rows
        from shared_apps.tenants.due import register_work
        from shared_apps.tenants.hooks import register_refresher
        from tenant_apps.booking import services
        from tenant_apps.booking.selectors import LINK_STATE_SQL, LINK_WORK, NEXT_LINK_CHECK_SQL, load_snapshot

        register_first_rows(services.create_settings)
        register_fact("link", LINK_STATE_SQL)
        register_refresher(load_snapshot)
        register_work(LINK_WORK, look=NEXT_LINK_CHECK_SQL)
        register_job(services.LINK_FAILING, services.tell_link_failing)
        register_job(services.LINK_WORKING, services.tell_link_working)
