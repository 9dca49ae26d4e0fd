"""What the platform's own host answers; the health checks answer on any host."""

from django.urls import path

from saas import health, public
from shared_apps.platform.admin import site

urlpatterns = [
    path("", public.home),
    path("admin/", site.urls),
    path("tls/ask", public.may_have_certificate),
    path("health/live", health.live),
    path("health/ready", health.ready),
]

handler400 = "saas.problems.bad_request"
handler403 = "saas.problems.permission_denied"
handler404 = "saas.problems.page_not_found"
handler500 = "saas.problems.server_error"
