"""A capture is counted for its address and for its tenant, by one question to Redis."""

from typing import Any

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.models import BusinessProfile
from tests.clients import TenantClient

PLAIN_LINK = (
    "https://calendly.com/alpha-studio/visit?utm_source=treasurecoastai&utm_medium=booking_handoff"
    "&utm_campaign=industry-demo"
)


def _post(tenant: TenantRef, lead: dict[str, Any], address: str) -> int:
    return int(TenantClient(tenant, REMOTE_ADDR=address).post_json("/api/v1/handoffs", lead).status_code)


def test_tenant_limit_holds_whatever_the_address(
    ready: TenantRef, beta: TenantRef, lead: dict[str, Any], settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_TENANT": "3/7h"}

    statuses = [_post(ready, lead, f"203.0.113.{number}") for number in range(5)]

    assert statuses == [201, 201, 201, 429, 429]
    assert _post(beta, lead, "203.0.113.1") == 201  # another tenant's share is its own


def test_what_one_address_sends_in_vain_uses_up_nothing_of_the_tenant(
    ready: TenantRef, lead: dict[str, Any], settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_IP": "2/9h", "RATE_CAPTURE_PER_TENANT": "4/9h"}

    greedy = [_post(ready, lead, "203.0.113.1") for _ in range(5)]
    others = [_post(ready, lead, f"203.0.113.{number}") for number in (2, 3, 4)]

    assert greedy == [201, 201, 429, 429, 429]
    assert others == [201, 201, 429]


def test_refused_visitor_is_told_the_link_and_whom_to_call(
    ready: TenantRef, lead: dict[str, Any], settings: Any
) -> None:
    with enter_tenant(ready):
        BusinessProfile.objects.update(phone="+17725550100", email="desk@alpha.example")
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_IP": "1/11h"}
    assert _post(ready, lead, "203.0.113.1") == 201

    answer = TenantClient(ready, REMOTE_ADDR="203.0.113.1").post_json("/api/v1/handoffs", lead)

    assert (answer.status_code, answer.json()["booking"], answer.json()["contact"]) == (
        429,
        {"providerName": "Calendly", "url": PLAIN_LINK},
        {"phone": "+17725550100", "email": "desk@alpha.example"},
    )
