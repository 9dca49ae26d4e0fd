"""The list as a file: the same rows as the list, in pieces, and never a half that looks whole."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs.querysets import HandoffQuerySet
from tenant_apps.handoffs.selectors import exports
from tests.clients import TenantClient
from tests.factories import HandoffFactory

LIST = "/api/v1/handoffs"
FILE = "/api/v1/handoffs.csv"


def read(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    content = b"".join(response.streaming_content)
    assert content.startswith("\ufeff".encode())
    assert content.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


@pytest.fixture
def few(alpha: TenantRef, beta: TenantRef, monkeypatch: pytest.MonkeyPatch) -> TenantRef:
    """Seven handoffs of alpha, two of them of one moment, and pieces of two."""
    monkeypatch.setattr(exports, "CHUNK", 2)
    now = timezone.now()
    with enter_tenant(beta):
        HandoffFactory.create(customer_name="Beta Person")
    with enter_tenant(alpha):
        for number in range(7):
            HandoffFactory.create(
                customer_name=f"Person {number}",
                created_at=now - timedelta(minutes=number // 2),
                requested_service="Colour" if number % 3 == 0 else "Haircut",
                metadata={"attribution": {"utm_campaign": "=spring"}},
            )
    return alpha


@pytest.mark.parametrize("query", ["", "?service=Colour", "?q=person+3", "?status=redirected", "?from=2026-01-01"])
def test_file_holds_the_rows_of_the_list_in_its_order(query: str, few: TenantRef, owner: TenantClient) -> None:
    rows = read(owner.get(FILE + query))
    items = owner.get(LIST + query).json()["items"]

    assert [row["id"] for row in rows] == [item["id"] for item in items]
    assert [row["customerName"] for row in rows] == [item["customerName"] for item in items]


def test_each_column_holds_what_its_name_says(alpha: TenantRef, owner: TenantClient) -> None:
    moments = {
        f"{name}_at": datetime(2026, 3, day, tzinfo=UTC)
        for day, name in enumerate(("created", "redirected", "completed", "abandoned"), 1)
    }
    sources = {name: f"from {name}" for name in ("utm_source", "utm_medium", "utm_campaign", "referrer")}
    with enter_tenant(alpha):
        HandoffFactory.create(
            **moments,
            customer_phone="17725550177",
            notes="a note",
            source_page="/book",
            industry_slug="salon",
            status="abandoned",
            external_booking_url_used="https://calendly.com/x",
            metadata={"attribution": sources},
        )
    (row,) = read(owner.get(FILE))
    (item,) = owner.get(LIST).json()["items"]

    assert row == {name: item[name] for name in row if name not in sources} | sources
    assert len(set(row.values())) == len(exports.EXPORT_HEADER)


def test_file_is_named_typed_and_safe(few: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(few):
        update_profile(tenant=few, changes={"time_zone": "Pacific/Kiritimati"})
        HandoffFactory.create(customer_name='=HYPERLINK("http://evil","x")', customer_phone="+17725550177")
    response = owner.get(FILE)

    today = (timezone.now() + timedelta(hours=14)).date()
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response["Content-Disposition"] == f'attachment; filename="alpha-handoffs-{today}.csv"'
    assert response["Cache-Control"] == "no-store"
    newest = read(response)[0]
    assert newest["customerName"] == '\'=HYPERLINK("http://evil","x")'
    assert newest["customerPhone"] == "'+17725550177"
    assert newest["createdAt"].endswith("Z")


def test_pieces_take_a_statement_each(few: TenantRef, owner: TenantClient, django_assert_num_queries: Any) -> None:
    owner.get("/api/v1/booking")  # the snapshot is warm
    with django_assert_num_queries(1 + 4):  # session with its person; 2 + 2 + 2 + 1 rows
        assert len(read(owner.get(FILE))) == 7


def test_outage_in_mid_stream_is_told_in_the_file(
    few: TenantRef, owner: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_WAITS", ())
    expected = [item["id"] for item in owner.get(LIST).json()["items"][:4]]
    _fail_from(monkeypatch, 3)
    rows = read(owner.get(FILE))

    assert [row["id"] for row in rows[:4]] == expected
    assert rows[4]["id"] == exports.INCOMPLETE
    assert len(rows) == 5


def test_short_outage_in_mid_stream_is_waited_out(
    few: TenantRef, owner: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_WAITS", (0.0, 0.0))
    monkeypatch.setattr(connections["default"], "close", lambda: None)  # the test's transaction is on it
    _fail_from(monkeypatch, 3, to=4)

    assert len(read(owner.get(FILE))) == 7


def test_outage_before_the_first_row_is_503(
    few: TenantRef, owner: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail_from(monkeypatch, 1)
    assert owner.get(FILE).status_code == 503


def _fail_from(monkeypatch: pytest.MonkeyPatch, first: int, *, to: int = 99) -> None:
    """Have the statements numbered `first` to `to` find no database."""
    asked = 0
    newest_first = HandoffQuerySet.newest_first

    def ask(rows: HandoffQuerySet) -> HandoffQuerySet:
        nonlocal asked
        asked += 1
        if first <= asked <= to:
            raise OperationalError
        return newest_first(rows)

    monkeypatch.setattr(HandoffQuerySet, "newest_first", ask)


def test_exports_are_limited_by_tenant(
    few: TenantRef, beta: TenantRef, login: Callable[..., TenantClient], settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_EXPORT": "2/h"}
    staff, owner, neighbour = login(few, Role.STAFF), login(few), login(beta)
    assert [client.get(FILE).status_code for client in (staff, owner, owner, neighbour)] == [200, 200, 429, 200]


@pytest.mark.parametrize("query", ["limit=5", "cursor=x", "status=", "from=2026-02-30", "x=1"])
def test_file_refuses_what_the_filters_refuse(query: str, alpha: TenantRef, owner: TenantClient) -> None:
    assert owner.get(f"{FILE}?{query}").status_code == 422
