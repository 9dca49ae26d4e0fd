"""The web process: `granian --interface wsgi saas.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

application = get_wsgi_application()

from shared_apps.tenants.watcher import start_tenant_watcher  # noqa: E402 - needs the apps loaded

start_tenant_watcher()
