"""The pipeline by JSON: list, filters, detail, changes, and who may."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tests.clients import TenantClient
from tests.factories import HandoffFactory

LIST = "/api/v1/handoffs"


def test_item_has_the_fields_of_the_contract(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        handoff = HandoffFactory.create(metadata={"flags": ["links"]})
    item = owner.get(LIST).json()["items"][0]

    assert item == {
        "id": str(handoff.pk),
        "clientId": "alpha",
        "createdAt": handoff.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "sourcePage": None,
        "industrySlug": "",
        "customerName": "Jane Doe",
        "customerEmail": "jane@example.com",
        "customerPhone": None,
        "requestedService": "Haircut",
        "preferredDateTimeText": "Friday after 5",
        "notes": None,
        "status": "new",
        "redirectedAt": None,
        "completedAt": None,
        "abandonedAt": None,
        "externalBookingUrlUsed": None,
        "metadata": {"flags": ["links"]},
    }


def test_pages_follow_one_another_while_rows_arrive(alpha: TenantRef, owner: TenantClient) -> None:
    now = timezone.now()
    with enter_tenant(alpha):
        old = [HandoffFactory.create(created_at=now - timedelta(minutes=n)).pk for n in range(25)]
        same = [HandoffFactory.create(created_at=now - timedelta(minutes=25)).pk for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = owner.get(LIST, {"limit": 7} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["items"]]
        with enter_tenant(alpha):
            HandoffFactory.create(created_at=now + timedelta(minutes=len(seen)))
        if page["nextCursor"] is None:
            break
        cursor = page["nextCursor"]

    assert seen == [str(key) for key in (*old, *sorted(same, reverse=True))]


def test_page_has_fifty_items_where_no_limit_is_asked_for(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create_batch(51)
    assert len(owner.get(LIST).json()["items"]) == 50


@pytest.mark.parametrize("rows", [1, 200])
def test_list_takes_the_same_queries_for_any_number_of_rows(
    rows: int, alpha: TenantRef, owner: TenantClient, django_assert_num_queries: Any
) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create_batch(rows)
    owner.get("/api/v1/booking")  # the snapshot is warm
    with django_assert_num_queries(2):  # session with its person, version with rows
        assert len(owner.get(LIST, {"limit": 200}).json()["items"]) == rows


def test_filters_find_what_they_say(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create(customer_name="Ana Lopez", requested_service="Colour", status="redirected")
        HandoffFactory.create(customer_name="Bo", customer_phone="+17725550111", source_page="/book")
        HandoffFactory.create(
            customer_name="Cy", customer_email="cy@x.example", industry_slug="dental", status="abandoned"
        )

    def names(query: str) -> set[str]:
        return {item["customerName"] for item in owner.get(f"{LIST}?{query}").json()["items"]}

    assert names("status=redirected") == {"Ana Lopez"}
    assert names("status=redirected&status=abandoned") == {"Ana Lopez", "Cy"}
    assert names("q=lopez") == {"Ana Lopez"}
    assert names("q=5550111") == {"Bo"}
    assert names("q=cy@x") == {"Cy"}
    assert names("q=COLOUR") == {"Ana Lopez"}
    assert names("q=%25") == set()
    assert names("q=") == {"Ana Lopez", "Bo", "Cy"}
    assert names("service=Colour") == {"Ana Lopez"}
    assert names("service=Colo") == names("source=/") == names("industry=den") == set()
    assert names("source=/book") == {"Bo"}
    assert names("industry=dental") == {"Cy"}


def test_days_are_the_businesss_own_and_both_included(alpha: TenantRef, owner: TenantClient) -> None:
    from datetime import UTC, datetime

    with enter_tenant(alpha):
        update_profile(tenant=alpha, changes={"time_zone": "America/New_York"})
        for hour, name in ((3, "late on the 9th"), (5, "early on the 10th")):
            HandoffFactory.create(customer_name=name, created_at=datetime(2026, 3, 10, hour, 30, tzinfo=UTC))

        HandoffFactory.create(customer_name="at midnight", created_at=datetime(2026, 3, 10, 4, tzinfo=UTC))

    def names(query: str) -> list[str]:
        return [item["customerName"] for item in owner.get(f"{LIST}?{query}").json()["items"]]

    assert names("from=2026-03-10&to=2026-03-10") == ["early on the 10th", "at midnight"]
    assert names("from=2026-03-09&to=2026-03-09") == ["late on the 9th"]
    assert names("to=2026-03-09") == ["late on the 9th"]
    assert names("to=2026-03-10") == ["early on the 10th", "at midnight", "late on the 9th"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1", "limit=0", "limit=201", "limit=99999999999", "limit=1&limit=2", "limit=", "limit=1.0", "limit=%201",
        "limit=%D9%A3", f"service={'x' * 501}", "from=2026-01-01&to=2031-01-06", "from=2026-01-01x",
        "offset=-1", "q=%00", "q=%FF", f"q={'x' * 201}", "order=password", "order=-id;drop", "_connector=OR%201=1",
        "status__in[]=", "id)%20FROM%20x--=1", "from=2026-02-30", "from=2026-03-02&to=2026-03-01",
        "from=2016-01-01&to=2026-01-02", "from=0001-01-01", "from=1700000000", "from=", "tz=../../etc/passwd",
        "lang=x", "cursor=abc", "cursor=", "format=../x", "callback=alert", "status=booked", "status=", "service=",
    ],
)  # fmt: skip
def test_bad_parameter_is_422(query: str, alpha: TenantRef, owner: TenantClient) -> None:
    response = owner.get(f"{LIST}?{query}")
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"]


def test_five_years_are_the_longest_range(alpha: TenantRef, owner: TenantClient) -> None:
    for path in (LIST, f"{LIST}/summary", "/api/v1/insights/funnel"):
        assert owner.get(f"{path}?from=2026-01-01&to=2031-01-05").status_code == 200
        assert owner.get(f"{path}?from=2026-01-01&to=2031-01-06").status_code == 422


def test_cursor_of_another_tenant_is_refused(
    alpha: TenantRef, beta: TenantRef, owner: TenantClient, login: Callable[..., TenantClient]
) -> None:
    with enter_tenant(beta):
        HandoffFactory.create_batch(2)
    cursor = login(beta).get(f"{LIST}?limit=1").json()["nextCursor"]
    assert owner.get(LIST, {"cursor": cursor}).status_code == 422


def test_summary_counts_over_the_filters(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        for status in ("new", "new", "redirected", "completed_external", "abandoned"):
            HandoffFactory.create(status=status, created_at=timezone.now() - timedelta(days=3))
        HandoffFactory.create(requested_service="Colour")

    assert owner.get(f"{LIST}/summary").json() == {
        "total": 6, "new": 3, "redirected": 1, "completed_external": 1, "abandoned": 1, "today": 1,
    }  # fmt: skip
    assert owner.get(f"{LIST}/summary?service=Colour").json() == {
        "total": 1, "new": 1, "redirected": 0, "completed_external": 0, "abandoned": 0, "today": 1,
    }  # fmt: skip
    assert owner.get(f"{LIST}/summary?limit=5").status_code == 422


def test_life_of_a_handoff_is_in_its_timeline(ready: TenantRef, owner: TenantClient, visitor: TenantClient) -> None:
    with enter_tenant(ready):
        key = HandoffFactory.create().pk
    assert visitor.post(f"/go/{key}").status_code == 303
    changes = [("complete", "completed_external")] * 2 + [("reopen", "redirected")] * 2
    for action, status in changes:
        response = owner.post(f"{LIST}/{key}/{action}")
        assert (response.status_code, response.json()["status"]) == (200, status)

    detail = owner.get(f"{LIST}/{key}").json()
    email = owner.user.email
    assert detail["completedAt"] is None
    assert [(event["type"], event["actor"], event["evidence"]) for event in detail["events"]] == [
        ("created", "visitor", "system"),
        ("redirected", "visitor", "click"),
        ("completed", email, "manual"),
        ("reopened", email, "manual"),
    ]
    assert set(detail["events"][0]) == {"type", "at", "actor", "evidence", "detail"}
    assert {event["detail"] for event in detail["events"]} == {None}


def test_reopen_without_a_click_goes_back_to_new_and_waits_anew(alpha: TenantRef, owner: TenantClient) -> None:
    long_ago = timezone.now() - timedelta(days=9)
    with enter_tenant(alpha):
        key = HandoffFactory.create(created_at=long_ago).pk
    owner.post(f"{LIST}/{key}/complete")
    assert owner.post(f"{LIST}/{key}/reopen").json()["status"] == "new"

    with enter_tenant(alpha):
        handoff = BookingHandoff.objects.get()
    assert handoff.created_at == long_ago
    assert handoff.pending_since > timezone.now() - timedelta(minutes=1)


@pytest.mark.parametrize("key", ["abc", "-1", "9223372036854775808", "01890a5d-ac96-774b-bcce-b302099a8057"])
@pytest.mark.parametrize("suffix", ["", "/complete", "/reopen"])
def test_unknown_or_malformed_id_is_404(key: str, suffix: str, alpha: TenantRef, owner: TenantClient) -> None:
    response = (owner.post if suffix else owner.get)(f"{LIST}/{key}{suffix}")
    assert response.status_code == 404
    assert response.json()["detail"] == "There is no such handoff."


def test_id_is_read_in_its_usual_form_alone(alpha: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(alpha):
        key = HandoffFactory.create().pk
    forms = (str(key), str(key).upper(), key.hex, f"urn:uuid:{key}", f"{{{key}}}")
    assert [owner.get(f"{LIST}/{form}").status_code for form in forms] == [200, 200, 404, 404, 404]


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", LIST), ("get", f"{LIST}/summary"), ("get", f"{LIST}/abc"), ("post", f"{LIST}/abc/complete"),
     ("get", "/api/v1/settings/booking"), ("put", "/api/v1/settings/booking")],
)  # fmt: skip
def test_without_a_session_everything_is_401_before_anything_else(
    method: str, path: str, alpha: TenantRef, visitor: TenantClient
) -> None:
    response = getattr(visitor, method)(path, b"{", content_type="text/plain") if method != "get" else visitor.get(path)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_session_of_one_tenant_is_nobody_at_another(alpha: TenantRef, beta: TenantRef, owner: TenantClient) -> None:
    thief = TenantClient(beta)
    thief.cookies["sessionid"] = owner.cookies["sessionid"].value
    assert thief.get(LIST).status_code == 401


def test_authorization_header_makes_cookies_count_for_nothing(alpha: TenantRef, owner: TenantClient) -> None:
    assert owner.get(LIST, headers={"authorization": "Bearer nonsense"}).status_code == 401


def test_calls_are_limited_by_tenant_and_only_for_those_who_may(
    alpha: TenantRef, beta: TenantRef, owner: TenantClient, login: Callable[..., TenantClient], settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_API": "3/m"}
    strangers = [TenantClient(alpha).get(LIST).status_code for _ in range(5)]
    answers = [owner.get(LIST) for _ in range(4)]

    assert strangers == [401] * 5
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3]["Retry-After"]) <= 60
    assert login(beta).get(LIST).status_code == 200


def test_write_needs_the_csrf_token_and_our_own_origin(alpha: TenantRef, login: Callable[..., TenantClient]) -> None:
    client = login(alpha, Role.STAFF, enforce_csrf_checks=True)
    client.get("/dashboard")
    token = client.cookies["csrftoken"].value
    with enter_tenant(alpha):
        key = HandoffFactory.create().pk
    path = f"{LIST}/{key}/complete"

    assert client.post(path).status_code == 403
    assert client.post(path, headers={"x-csrftoken": token, "origin": "https://evil.example"}).status_code == 403
    with enter_tenant(alpha):
        assert HandoffEvent.objects.count() == 1
    assert client.post(path, headers={"x-csrftoken": token, "origin": "http://alpha.localhost"}).status_code == 200
