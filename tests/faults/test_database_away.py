"""PostgreSQL refuses connections: every visitor still gets a next step, and no answer is a bare error."""

from typing import Any
from uuid import uuid4

from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tests.clients import TenantClient
from tests.faults.conftest import Outage

LINK = (
    "https://calendly.com/alpha-studio/visit?utm_source=treasurecoastai&utm_medium=booking_handoff"
    "&utm_campaign=industry-demo"
)


def test_pages_stay_while_the_database_is_away(served_tenant: TenantRef, outage: Outage) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        for path in ("/", "/book", "/api/v1/booking"):
            assert visitor.get(path).status_code == 200


def test_host_that_this_process_never_served_gets_a_page_that_tries_again(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        tenants._hosts.clear()
        page = visitor.get("/book?service=Visit", headers={"Accept-Language": "es"})
        form = visitor.post("/book", lead)
        api = visitor.post_json("/api/v1/handoffs", lead)

    assert (page.status_code, form.status_code, api.status_code) == (503, 503, 503)
    assert page["Refresh"] == "10; url=/book?service=Visit"
    assert form["Refresh"] == "10; url=/"
    assert 'href="/book?service=Visit"' in page.content.decode()
    assert '<html lang="es">' in page.content.decode()
    assert "style-src 'self' 'nonce-" in page["Content-Security-Policy"]
    assert api["Content-Type"] == "application/problem+json"
    assert all(int(answer["Retry-After"]) > 0 for answer in (page, form, api))
    for answer in (page, form, api):
        assert "Jane" not in answer.content.decode()
    assert visitor.get("/").status_code == 200


def test_capture_while_the_database_is_away_gives_link_and_contact(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        response = visitor.post_json("/api/v1/handoffs", lead)

    body = response.json()
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert int(response["Retry-After"]) > 0
    assert body["booking"] == {"providerName": "Calendly", "url": LINK}
    assert body["contact"] == {"phone": None, "email": None}
    assert "Jane" not in response.content.decode()


def test_form_while_the_database_is_away_shows_the_link(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        response = visitor.post("/book", lead)

    assert response.status_code == 503
    assert LINK.replace("&", "&amp;") in response.content.decode()
    assert 'data-testid="contact-cta"' in response.content.decode()


def test_click_while_the_database_is_away_still_reaches_the_provider(served_tenant: TenantRef, outage: Outage) -> None:
    visitor, key = TenantClient(served_tenant), str(uuid4())
    with outage():
        response = visitor.post(f"/go/{key}")

    assert response.status_code == 303
    assert response["Location"] == f"{LINK}&tca_ref={key}&utm_content={key}"


def test_everything_works_again_when_the_database_is_back(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        assert visitor.post_json("/api/v1/handoffs", lead).status_code == 503
    key = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    assert visitor.post(f"/go/{key}").status_code == 303

    with enter_tenant(served_tenant):
        assert list(BookingHandoff.objects.values_list("status", flat=True)) == ["redirected"]


def test_readiness_says_which_part_is_away(served_tenant: TenantRef, outage: Outage) -> None:
    client = TenantClient(served_tenant)
    assert client.get("/health/ready").json()["parts"] == {"database": "ok", "migrations": "ok", "redis": "ok"}
    with outage():
        response = client.get("/health/ready")
        assert client.get("/health/live").status_code == 200
    assert response.status_code == 503
    assert response.json()["parts"] == {"database": "away", "migrations": "away", "redis": "ok"}
