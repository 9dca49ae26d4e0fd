from django.apps import AppConfig
from django.db.models.signals import post_delete


class TenantsConfig(AppConfig):
    name = "shared_apps.tenants"
    label = "tenants"

    def ready(self) -> None:
        """Give fast deletes back: django-tenants listens to post_delete of every model, which disables them.

        Measured: 20,000 rows in 1,323 ms and 203 statements, against 15 ms and 3 (upstream issue 1223).
        """
        from django_tenants.signals import tenant_delete_callback

        from shared_apps.tenants.models import Tenant

        post_delete.disconnect(tenant_delete_callback)
        post_delete.connect(tenant_delete_callback, sender=Tenant)
