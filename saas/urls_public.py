"""What the platform's own host answers; the health checks answer on any host."""

from django.urls import path

import shared_apps.interest.admin  # noqa: F401 - adds its pages to the site
from saas import health, metrics, public
from shared_apps.platform.admin import site

urlpatterns = [
    path("", public.home),
    path("interest", public.sign_up),
    path("admin/", site.urls),
    path("tls/ask", public.may_have_certificate),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics.metrics),
]

handler400 = "saas.problems.bad_request"
handler403 = "saas.problems.permission_denied"
handler404 = "saas.problems.page_not_found"
handler500 = "saas.problems.server_error"
