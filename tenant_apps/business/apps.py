from django.apps import AppConfig


class BusinessConfig(AppConfig):
    name = "tenant_apps.business"
    label = "business"

    def ready(self) -> None:
        from shared_apps.platform.hooks import register_first_rows, register_industries
        from tenant_apps.business.industries import INDUSTRIES
        from tenant_apps.business.services import create_profile

        register_industries(set(INDUSTRIES))
        register_first_rows(create_profile)
