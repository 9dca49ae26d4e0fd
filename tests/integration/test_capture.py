"""POST /api/v1/handoffs: the record before anything else."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tests.clients import TenantClient


def test_capture_answers_as_the_contract_says(ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    response = visitor.post_json("/api/v1/handoffs", lead)

    body = response.json()
    key = body["id"]
    assert response.status_code == 201
    assert UUID(key).version == 7
    assert body == {
        "id": key,
        "status": "new",
        "createdAt": body["createdAt"],
        "nextStep": "continue",
        "booking": {
            "mode": "external",
            "providerName": "Calendly",
            "embedMode": "redirect",
            "disclaimer": None,
            "url": f"https://calendly.com/alpha-studio/visit?utm_source=treasurecoastai&utm_medium=booking_handoff"
            f"&utm_campaign=industry-demo&tca_ref={key}&utm_content={key}",
            "continueUrl": f"/go/{key}",
            "ctaLabel": "Continue to booking on Calendly",
        },
        "message": "You’ll finish booking on their site. We can help if you get stuck.",
        "contact": {"phone": None, "email": None},
    }
    assert body["createdAt"].endswith("Z")


def test_capture_writes_one_row_and_one_event(ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    key = visitor.post_json("/api/v1/handoffs", lead | {"attribution": {"utm_source": "google"}}).json()["id"]

    with enter_tenant(ready):
        handoff = BookingHandoff.objects.get()
        event = HandoffEvent.objects.get()
    assert str(handoff.pk) == key
    assert handoff.status == "new"
    assert handoff.customer_phone == "+17725550177"
    assert handoff.preferred_date_time_text == "Friday after 5"
    assert handoff.industry_slug == "salon"
    assert handoff.external_booking_url_used.endswith(f"&tca_ref={key}&utm_content={key}")
    assert handoff.metadata == {"attribution": {"utm_source": "google"}}
    assert (event.type, event.actor, event.evidence, event.at) == ("created", "visitor", "system", handoff.created_at)


def test_capture_says_how_to_reach_the_business(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    changes = {"phone": "+17725550100", "email": "hello@alpha.example"}
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(ready):
        update_profile(tenant=ready, changes=changes)

    assert visitor.post_json("/api/v1/handoffs", lead).json()["contact"] == changes


@pytest.mark.parametrize("count", [1, 2, 5])
def test_capture_with_a_key_is_one_handoff(
    count: int, ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    key = str(uuid4())

    answers = [visitor.post_json("/api/v1/handoffs", lead, idempotency_key=key) for _ in range(count)]

    assert [answer.status_code for answer in answers] == [201] + [200] * (count - 1)
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len({answer.json()["createdAt"] for answer in answers}) == 1
    assert UUID(answers[0].json()["id"]).version == 8
    with enter_tenant(ready):
        assert BookingHandoff.objects.count() == 1
        assert HandoffEvent.objects.count() == 1


def test_repeat_of_a_capture_tells_what_became_of_it(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    key = str(uuid4())
    first = visitor.post_json("/api/v1/handoffs", lead, idempotency_key=key).json()
    visitor.post(f"/go/{first['id']}")

    again = visitor.post_json("/api/v1/handoffs", lead, idempotency_key=key)
    assert (again.status_code, again.json()) == (200, first | {"status": "redirected"})
