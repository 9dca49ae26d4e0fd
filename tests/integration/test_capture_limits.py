"""A capture is counted for its address and for its tenant, by one question to Redis."""

from typing import Any

from shared_apps.tenants.scope import TenantRef
from tests.clients import TenantClient


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
