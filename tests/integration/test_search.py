"""Search finds what a person means, by the index, and never reads without bound."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.selectors import filters, list_facets
from tenant_apps.handoffs.selectors.facets import MAX_VALUES
from tests.clients import TenantClient
from tests.factories import HandoffFactory

LIST = "/api/v1/handoffs"


@pytest.fixture
def find(owner: TenantClient) -> Callable[[str], set[str]]:
    """Return a function that gives the names found by a text; list, counts and file must agree."""

    def names(q: str) -> set[str]:
        items = owner.get(LIST, {"q": q}).json()["items"]
        assert owner.get(f"{LIST}/summary", {"q": q}).json()["total"] == len(items)
        return {item["customerName"] for item in items}

    return names


@pytest.mark.parametrize(
    "q",
    ["772-555-0177", "+17725550177", "17725550177", "7725550177", "(772) 555-0177", "772.555.0177", "555-0177", "0177",
     "+1 772 555", "1/772/555/0177", "0772 555 0177"],
)  # fmt: skip
def test_number_is_found_however_it_is_written(q: str, alpha: TenantRef, find: Callable[[str], set[str]]) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create(customer_name="Bo", customer_phone="+17725550177")
        HandoffFactory.create(customer_name="Cy", customer_phone="+17725559988")

    assert "Bo" in find(q)
    assert ("Cy" in find(q)) is (q == "+1 772 555")


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("zoë", {"Zoë Ärmel"}), ("ÄRMEL", {"Zoë Ärmel"}), ("  zoë  ", {"Zoë Ärmel"}), ("100%", {"Max 100% Sure"}),
        ("%", {"Max 100% Sure"}), ("_", {"under_score"}), ("\\", {"back\\slash"}), ("o'neill", {"O'Neill"}),
        ("colour", {"under_score"}), ("sure\nmax", set()), ("x 1", {"Max 100% Sure"}), ("zq", set()),
        ("x@y.example", {"O'Neill"}), ("2026", set()),
    ],
)  # fmt: skip
def test_text_is_found_as_it_stands_whatever_its_case(
    q: str, expected: set[str], alpha: TenantRef, find: Callable[[str], set[str]]
) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create(customer_name="Zoë Ärmel", customer_email="")
        HandoffFactory.create(customer_name="Max 100% Sure", customer_email="")
        HandoffFactory.create(customer_name="under_score", customer_email="", requested_service="Colour")
        HandoffFactory.create(customer_name="back\\slash", customer_email="")
        HandoffFactory.create(customer_name="O'Neill", customer_email="x@y.example")

    assert find(q) == expected


def test_match_does_not_run_from_one_column_into_the_next(alpha: TenantRef, find: Callable[[str], set[str]]) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create(customer_name="Jo Doe", customer_email="jane@x.example")
    assert find("doejane") == set()


def test_short_text_is_looked_for_in_the_newest_only(
    alpha: TenantRef, find: Callable[[str], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "SHORT_SEARCH_ROWS", 3)
    now = timezone.now()
    with enter_tenant(alpha):
        for number in range(5):
            HandoffFactory.create(
                customer_name=f"Jo {number}", customer_email="", created_at=now - timedelta(minutes=number)
            )

    assert find("jo") == find("o") == {"Jo 0", "Jo 1", "Jo 2"}
    assert find("jo 4") == {"Jo 4"}


@pytest.mark.parametrize("q", ["xanthippe", "xanthippe quill", "772-555-0177", "zz 9"])
def test_rare_text_is_found_by_the_search_index(q: str, alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        HandoffFactory.create_batch(300)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE handoffs_bookinghandoff")
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = on")
        found = filters.filter_handoffs(filters.HandoffFilters(q=q))
        plan = found.explain()

    assert "Bitmap Index Scan on handoff_search" in plan
    assert "extensions" not in str(connection.connection.info.parameter_status("search_path"))


def test_facets_are_what_occurs_here(alpha: TenantRef, beta: TenantRef, owner: TenantClient) -> None:
    with enter_tenant(beta):
        HandoffFactory.create(requested_service="Beta only", source_page="/beta", industry_slug="dental")
    assert owner.get(f"{LIST}/facets").json() == {"services": [], "sources": [], "industries": []}
    with enter_tenant(alpha):
        for service, source, industry in (
            ("Haircut", "/", "salon"), ("Colour", "/", "salon"), ("Haircut", "/book", "salon"),
            ("Épilation", "", "spa"), ("Haircut", "/about", "spa"), ("", "", ""),
        ):  # fmt: skip
            HandoffFactory.create(requested_service=service, source_page=source, industry_slug=industry)

    assert owner.get(f"{LIST}/facets").json() == {
        "services": ["Colour", "Haircut", "Épilation"],
        "sources": ["/", "/about", "/book"],
        "industries": ["salon", "spa"],
    }
    assert owner.get(f"{LIST}/facets?q=x").status_code == 422


def test_facets_are_bounded(alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        for number in range(MAX_VALUES + 5):
            HandoffFactory.create(requested_service=f"s{number}", source_page=f"/{number}", industry_slug=f"i{number}")
        assert {name: len(values) for name, values in list_facets().items()} == {
            "services": MAX_VALUES, "sources": MAX_VALUES, "industries": MAX_VALUES,
        }  # fmt: skip
