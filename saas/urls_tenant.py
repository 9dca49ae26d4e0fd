"""What a tenant's host answers."""

from django.urls import include, path

from saas.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("tenant_apps.handoffs.urls")),
    path("", include("tenant_apps.notifications.urls")),
    path("", include("shared_apps.accounts.urls")),
    path("", include("shared_apps.support.urls")),
]

handler400 = "saas.problems.bad_request"
handler403 = "saas.problems.permission_denied"
handler404 = "saas.problems.page_not_found"
handler500 = "saas.problems.server_error"
