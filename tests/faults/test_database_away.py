"""PostgreSQL refuses connections: every visitor goes on, every wish is kept, and no answer is a bare error."""

import time
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection

from shared_apps.journal.ledger import host_journal
from shared_apps.platform.lifecycle import SUSPEND, take_step
from shared_apps.tenants.backend.guard import is_database_away
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.intake import find_waiting_handoff
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tests.clients import TenantClient
from tests.faults.conftest import Outage, drain, forget_all, no_room_on_disk, no_sync_to_disk
from tests.metrics import scrape

LINK = (
    "https://calendly.com/alpha-studio/visit?utm_source=treasurecoastai&utm_medium=booking_handoff"
    "&utm_campaign=industry-demo"
)

QUEUED = ("handoff_captures_total", frozenset({("outcome", "queued")}))


def stored(tenant: TenantRef) -> list[BookingHandoff]:
    with enter_tenant(tenant):
        return list(BookingHandoff.objects.order_by("created_at"))


@pytest.mark.parametrize("is_cold", [False, True], ids=["warm process", "cold process"])
def test_pages_stay_while_the_database_is_away(is_cold: bool, served_tenant: TenantRef, outage: Outage) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        if is_cold:
            forget_all()
        for path in ("/", "/book", "/api/v1/booking", f"/handoff/{uuid4()}"):
            assert visitor.get(path).status_code == 200, path


@pytest.mark.parametrize("is_cold", [False, True], ids=["warm process", "cold process"])
def test_capture_while_the_database_is_away_is_queued_and_stored_as_it_was(
    is_cold: bool, served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    wish = lead | {"notes": "Zoë", "attribution": {"utm_source": "maps"}, "shareDetailsWithProvider": True}
    queued = scrape().get(QUEUED, 0)
    with outage():
        if is_cold:
            forget_all()
        response = visitor.post_json("/api/v1/handoffs", wish)
    drain()
    assert scrape()[QUEUED] == queued + 1

    body = response.json()
    (handoff,) = stored(served_tenant)
    assert (response.status_code, body["status"], body["nextStep"]) == (202, "queued", "continue")
    assert body["booking"]["url"].startswith(f"{LINK}&tca_ref={body['id']}&utm_content={body['id']}&")
    assert body["booking"]["continueUrl"] == f"/go/{body['id']}"
    assert (str(handoff.pk), handoff.status, handoff.notes) == (body["id"], "new", "Zoë")
    assert handoff.created_at.isoformat().replace("+00:00", "Z")[:23] == body["createdAt"][:23]
    assert handoff.metadata == {"attribution": {"utm_source": "maps"}, "shareDetailsWithProvider": True}
    assert handoff.external_booking_url_used == f"{LINK}&tca_ref={body['id']}&utm_content={body['id']}"
    with enter_tenant(served_tenant):
        assert list(HandoffEvent.objects.values_list("type", "at")) == [("created", handoff.created_at)]


def test_same_key_during_the_outage_is_the_same_handoff_and_another_body_is_refused(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor, key = TenantClient(served_tenant), str(uuid4())
    with outage():
        first = visitor.post_json("/api/v1/handoffs", lead, idempotency_key=key)
        again = visitor.post_json("/api/v1/handoffs", lead, idempotency_key=key)
        other = visitor.post_json("/api/v1/handoffs", lead | {"notes": "Other"}, idempotency_key=key)
    after = visitor.post_json("/api/v1/handoffs", lead, idempotency_key=key)
    drain()

    assert [first.status_code, again.status_code, other.status_code, after.status_code] == [202, 202, 422, 200]
    assert first.json() == again.json()
    assert {first.json()["id"], after.json()["id"]} == {str(handoff.pk) for handoff in stored(served_tenant)}
    assert after.json()["createdAt"] == first.json()["createdAt"]


def test_form_while_the_database_is_away_goes_on_to_a_page_that_shows_what_was_typed(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        response = visitor.post("/book", lead)
        page = visitor.get(response["Location"])
        stranger = TenantClient(served_tenant).get(response["Location"])

    assert response.status_code == 303
    assert (page.status_code, stranger.status_code) == (200, 200)
    assert "Jane Doe" in page.content.decode()
    assert "Jane Doe" not in stranger.content.decode()
    assert 'data-testid="handoff-cta"' in stranger.content.decode()


def test_click_while_the_database_is_away_leads_on_and_is_marked_later(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    before = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    with outage():
        during = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
        clicks = [visitor.post(f"/go/{key}") for key in (before, during, during)]
    clicked = time.time()
    drain(later=600)

    assert [click.status_code for click in clicks] == [303, 303, 303]
    assert clicks[1]["Location"] == f"{LINK}&tca_ref={during}&utm_content={during}"
    rows = {str(handoff.pk): handoff for handoff in stored(served_tenant)}
    assert {key: row.status for key, row in rows.items()} == {before: "redirected", during: "redirected"}
    for row in rows.values():
        assert row.redirected_at is not None
        assert abs(row.redirected_at.timestamp() - clicked) < 5
    with enter_tenant(served_tenant):
        assert HandoffEvent.objects.filter(type="redirected").count() == 2


def test_click_carries_what_the_visitor_wished_to_share(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        body = visitor.post_json("/api/v1/handoffs", lead | {"shareDetailsWithProvider": True}).json()
        assert visitor.post(f"/go/{body['id']}")["Location"] == body["booking"]["url"]
        assert "Jane" in body["booking"]["url"]


def test_click_on_an_id_nobody_knows_leads_on_and_is_dropped_later(served_tenant: TenantRef, outage: Outage) -> None:
    visitor, key = TenantClient(served_tenant), str(uuid4())
    with outage():
        response = visitor.post(f"/go/{key}")
    drainer = drain()
    for later in (60, 120, 180, 240):
        drainer.run_once(now=time.time() + later)

    assert response.status_code == 303
    assert response["Location"] == f"{LINK}&tca_ref={key}&utm_content={key}"
    assert (drainer.tally.dropped, drainer.tally.stored, stored(served_tenant)) == (1, 0, [])


def test_redirect_call_knows_what_waits_and_says_503_of_what_it_cannot_know(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        key = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
        known = [visitor.post(f"/api/v1/handoffs/{key}/redirect").json() for _ in range(2)]
        unknown = visitor.post(f"/api/v1/handoffs/{uuid4()}/redirect")

    assert known[0] == known[1]
    assert (known[0]["id"], known[0]["status"]) == (key, "redirected")
    assert known[0]["url"] == f"{LINK}&tca_ref={key}&utm_content={key}"
    assert unknown.status_code == 503
    assert unknown.json()["booking"]["url"] == LINK


def test_waiting_handoff_counts_as_known_when_the_database_is_back(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        key = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    assert visitor.get(f"/handoff/{key}").status_code == 200
    assert visitor.post(f"/go/{key}").status_code == 303
    assert visitor.post(f"/go/{uuid4()}").status_code == 404
    drain()

    (handoff,) = stored(served_tenant)
    assert handoff.status == "redirected"
    assert visitor.post(f"/go/{key}").status_code == 303
    assert host_journal().pending.list_schemas() == []


def test_other_tenant_does_not_know_what_waits_here(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    with outage():
        key = TenantClient(served_tenant).post_json("/api/v1/handoffs", lead).json()["id"]
    other = replace(served_tenant, schema_name="t_somebodyelse2345")
    assert find_waiting_handoff(tenant=served_tenant, handoff_id=UUID(key)) is not None
    assert find_waiting_handoff(tenant=other, handoff_id=UUID(key)) is None


@pytest.mark.parametrize("broken_disk", [no_room_on_disk, no_sync_to_disk])
def test_neither_database_nor_disk_gives_503_with_link_and_contact(
    broken_disk: Outage, served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage(), broken_disk():
        response = visitor.post_json("/api/v1/handoffs", lead)
        page = visitor.post("/book", lead)
        click = visitor.post(f"/go/{uuid4()}")

    body = response.json()
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert int(response["Retry-After"]) > 0
    assert int(page["Retry-After"]) > 0
    assert body["booking"] == {"providerName": "Calendly", "url": LINK}
    assert body["contact"] == {"phone": None, "email": None}
    assert "Jane" not in response.content.decode()
    assert page.status_code == 503
    assert LINK.replace("&", "&amp;") in page.content.decode()
    assert 'data-testid="contact-cta"' in page.content.decode()
    assert click.status_code == 303
    drain()
    assert stored(served_tenant) == []


@pytest.mark.parametrize("broken_disk", [no_room_on_disk, no_sync_to_disk])
def test_broken_disk_keeps_nobody_from_the_database(
    broken_disk: Outage, served_tenant: TenantRef, lead: dict[str, Any]
) -> None:
    with broken_disk():
        response = TenantClient(served_tenant).post_json("/api/v1/handoffs", lead)

    assert response.status_code == 201
    assert [str(handoff.pk) for handoff in stored(served_tenant)] == [response.json()["id"]]


def test_every_acknowledged_wish_is_kept_while_the_disk_fills_up(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage(), no_room_on_disk(20_000):
        answers = [visitor.post_json("/api/v1/handoffs", lead) for _ in range(60)]
    drainer = drain()

    kept = {answer.json()["id"] for answer in answers if answer.status_code == 202}
    assert {answer.status_code for answer in answers} == {202, 503}
    assert {str(handoff.pk) for handoff in stored(served_tenant)} == kept
    assert drainer.tally.torn == 0


def test_suspended_tenant_is_not_served_from_what_was_kept(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    take_step(tenant=served_tenant, step=SUSPEND)
    with outage():
        assert visitor.get("/").status_code == 503  # what this process held is older than the suspension
        forget_all()
        assert visitor.get("/").status_code == 503
        response = visitor.post_json("/api/v1/handoffs", lead)
    assert response.status_code == 503
    assert "calendly" not in response.content.decode()
    folder = settings.STATE_DIR / "snapshots"
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("on_duty")
def test_breaker_answers_the_business_at_once(served_tenant: TenantRef, outage: Outage) -> None:
    client = TenantClient(served_tenant)
    client.cookies["sessionid"] = "a" * 32
    with outage():
        client.get("/api/v1/handoffs")
        assert is_database_away()
        began = time.monotonic()
        answers = [client.get(path) for path in ("/api/v1/handoffs", "/dashboard", "/health/ready", "/login")]
        assert time.monotonic() - began < 2.0  # one limit alone is three
    assert [answer.status_code for answer in answers[:3]] == [503, 503, 503]
    assert int(answers[0]["Retry-After"]) > 0
    assert int(answers[1]["Retry-After"]) > 0


@pytest.mark.usefixtures("on_duty")
def test_everything_works_again_when_the_database_is_back(
    served_tenant: TenantRef, outage: Outage, lead: dict[str, Any]
) -> None:
    visitor = TenantClient(served_tenant)
    with outage():
        assert visitor.post_json("/api/v1/handoffs", lead).status_code == 202
    key = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    assert visitor.post(f"/go/{key}").status_code == 303

    assert [handoff.status for handoff in stored(served_tenant)] == ["redirected"]


def test_readiness_says_which_part_is_away(served_tenant: TenantRef, outage: Outage) -> None:
    client = TenantClient(served_tenant)
    assert client.get("/health/ready").json()["parts"] == {"database": "ok", "migrations": "ok", "redis": "ok"}
    with outage():
        response = client.get("/health/ready")
        assert client.get("/health/live").status_code == 200
    assert response.status_code == 503
    assert response.json()["parts"] == {"database": "away", "migrations": "away", "redis": "ok"}
    connection.close()
