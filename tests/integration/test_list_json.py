"""The list that PostgreSQL writes is the list that Python would write."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.enums import HandoffStatus
from tenant_apps.handoffs.models import BookingHandoff
from tenant_apps.handoffs.schemas import HandoffListOut, HandoffOut
from tenant_apps.handoffs.services import erase_handoff
from tests.clients import TenantClient
from tests.factories import HandoffFactory

LIST = "/api/v1/handoffs"
WHOLE = datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC)

ROWS: dict[str, dict[str, Any]] = {
    "bare": {"created_at": WHOLE},
    "full": {
        "created_at": datetime(2026, 11, 1, 5, 30, 0, 123_999, tzinfo=UTC),
        "source_page": "/book",
        "industry_slug": "salon",
        "customer_phone": "+17725550177",
        "notes": "two\nlines\tand a tab",
        "status": "completed_external",
        "redirected_at": WHOLE + timedelta(microseconds=999),
        "completed_at": WHOLE + timedelta(microseconds=1000),
        "abandoned_at": WHOLE + timedelta(microseconds=999_999),
        "external_booking_url_used": "https://calendly.com/x?a=1&b=%C3%A4#f",
        "metadata": {"attribution": {"utm_source": "göogle", "referrer": "https://x.example/\\"}, "flags": ["links"]},
    },
    "strange": {
        "customer_name": 'Zoë "Z" O\'Neill \\ </script> \u2028 \U0001f600 %s {} عمر',
        "requested_service": "Färben & Föhnen",
        "notes": "\x7f\u00a0",
        "metadata": {"nested": {"list": [1, 2.5, None, True, "ü"], "empty": {}}, "big": 12345678901234567890},
    },
}


def _render(item: HandoffOut) -> dict[str, Any]:
    """Return an item as ninja would send it: dumped, then through its encoder."""
    import json

    from ninja.responses import NinjaJSONEncoder

    parsed: dict[str, Any] = json.loads(json.dumps(item.model_dump(by_alias=True), cls=NinjaJSONEncoder))
    return parsed


@pytest.mark.parametrize("name", ROWS)
def test_item_by_postgresql_equals_the_schemas(name: str, alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        handoff = HandoffFactory.create(**ROWS[name])
    response = owner.get(LIST)

    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response.json()["items"] == [_render(HandoffOut.from_handoff(handoff, client_id="alpha"))]
    detail = owner.get(f"{LIST}/{handoff.pk}").json()
    assert {key: value for key, value in detail.items() if key != "events"} == response.json()["items"][0]


def test_erased_item_by_postgresql_equals_the_schemas(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        key = HandoffFactory.create(**ROWS["full"]).pk
        erase_handoff(handoff_id=key, actor="owner@alpha.example")
        handoff = BookingHandoff.objects.get()

    assert owner.get(LIST).json()["items"] == [_render(HandoffOut.from_handoff(handoff, client_id="alpha"))]


def test_list_answers_as_its_schema_says_with_names_in_order(alpha: TenantRef, owner: TenantClient) -> None:
    now = timezone.now()
    with enter_tenant(alpha):
        for number in range(3):
            HandoffFactory.create(created_at=now - timedelta(minutes=number))
    page = owner.get(LIST, {"limit": 2}).json()

    assert list(page) == ["items", "nextCursor"]
    assert list(page["items"][0]) == [field.alias or name for name, field in HandoffOut.model_fields.items()]
    parsed = HandoffListOut.model_validate(page)
    assert [len(parsed.items), bool(parsed.next_cursor)] == [2, True]
    assert owner.get(f"{LIST}?status=abandoned").content == b'{"items":[],"nextCursor":null}'


def test_list_of_all_is_the_list_that_a_filter_lets_through(alpha: TenantRef, owner: TenantClient) -> None:
    """The first is a statement of its own, the second the ORM's."""
    with enter_tenant(alpha):
        for row in ROWS.values():
            HandoffFactory.create(**row)
        HandoffFactory.create_batch(2, created_at=WHOLE)  # a place is a moment and an id
    every = "&".join(f"status={status}" for status in HandoffStatus.values)

    pages: list[list[Any]] = []
    for query in ("limit=2", f"limit=2&{every}", "limit=2&q=%20"):
        cursor, seen = "", []
        while cursor is not None:
            answer = owner.get(f"{LIST}?{query}" + (f"&cursor={cursor}" if cursor else "")).json()
            seen += answer["items"]
            cursor = answer["nextCursor"]
        pages.append(seen)

    assert pages[0] == pages[1] == pages[2]
    assert len({item["id"] for item in pages[0]}) == len(ROWS) + 2


def test_order_within_a_moment_is_no_indexs_doing(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha), connection.cursor() as cursor:
        HandoffFactory.create_batch(9, created_at=WHOLE)
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off")

    for query in ("", "?status=new"):
        ids = [item["id"] for item in owner.get(LIST + query).json()["items"]]
        assert ids == sorted(ids, reverse=True)


def test_text_that_looks_like_what_metadata_stands_for_is_text(alpha: TenantRef, owner: TenantClient) -> None:
    look = '"metadata" : null'
    with enter_tenant(alpha):
        HandoffFactory.create(customer_name=look, notes=f"\\{look}", metadata={look: [look, None]})
    [item] = owner.get(LIST).json()["items"]

    assert [item["customerName"], item["notes"], item["metadata"]] == [look, f"\\{look}", {look: [look, None]}]
