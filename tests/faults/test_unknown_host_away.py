"""PostgreSQL away, and this host knows nothing of the tenant: the visitor gets a page that tries again by itself."""

from typing import Any

from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.snapshots import ROUTES, TENANTS
from tests.clients import TenantClient
from tests.faults.conftest import Outage, forget_all


def test_www_goes_to_the_platforms_own_name_whatever_the_database_does(
    served_tenant: TenantRef, outage: Outage
) -> None:
    with outage():
        forget_all()
        answer = TenantClient(served_tenant).get("/", headers={"Host": "www.localhost"})

    assert (answer.status_code, answer["Location"]) == (301, "http://localhost/")


def test_host_that_was_never_served_gets_a_page_that_tries_again(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        forget_all()
        ROUTES.drop(served_tenant.client_id)
        TENANTS.drop(served_tenant.schema_name)
        page = visitor.get("/book?service=Visit", headers={"Accept-Language": "es"})
        form = visitor.post("/book", lead)
        api = visitor.post_json("/api/v1/handoffs", lead)
        elsewhere = visitor.get("/", PATH_INFO="//evil.example/book")

    assert (page.status_code, form.status_code, api.status_code) == (503, 503, 503)
    assert page["Refresh"] == "10; url=/book?service=Visit"
    assert form["Refresh"] == "10; url=/"
    assert elsewhere["Refresh"] == "10; url=/%2Fevil.example/book"  # a path of this host, and no other host
    assert 'href="/book?service=Visit"' in page.content.decode()
    assert '<html lang="es">' in page.content.decode()
    assert "style-src 'self' 'nonce-" in page["Content-Security-Policy"]
    assert api["Content-Type"] == "application/problem+json"
    assert all(int(answer["Retry-After"]) > 0 for answer in (page, form, api))
    for answer in (page, form, api):
        assert "Jane" not in answer.content.decode()
    forget_all()
    assert visitor.get("/").status_code == 200
