"""What POST /api/v1/handoffs and POST /book accept, refuse and clean. F… are rows of the list of bad inputs."""

import json
from typing import Any
from uuid import uuid4

import pytest

from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.handoffs.models import BookingHandoff
from tests.clients import TenantClient
from tests.conftest import make_ready

PATH = "/api/v1/handoffs"
CARD = "4111 1111 1111 1111"


def _raw(client: TenantClient, body: bytes, content_type: str = "application/json") -> Any:
    return client.generic("POST", PATH, body, content_type=content_type)


BAD_BODIES = [
    pytest.param(b"", "application/json", 422, id="F1 empty"),
    pytest.param(b"{", "application/json", 400, id="F2 broken"),
    pytest.param('{"a": 1}'.encode("utf-16"), "application/json", 400, id="F5 UTF-16"),
    pytest.param(b"{}", "text/plain", 415, id="F6 text"),
    pytest.param(b"{}", "application/x-www-form-urlencoded", 415, id="form"),
    pytest.param(b"{}", "multipart/form-data; boundary=x", 415, id="files"),
    pytest.param(b'{"a": "' + b"x" * 70_000 + b'"}', "application/json", 413, id="F9 large"),
    pytest.param(b"[" * 20_000, "application/json", 400, id="F10 deep"),
    pytest.param(b"[]", "application/json", 422, id="list"),
    pytest.param(b'{"customerName": NaN}', "application/json", 400, id="NaN"),
]


@pytest.mark.parametrize(("body", "content_type", "status"), BAD_BODIES)
def test_body_that_is_no_lead_is_a_problem(
    body: bytes, content_type: str, status: int, ready: TenantRef, visitor: TenantClient
) -> None:
    response = _raw(visitor, body, content_type)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert set(response.json()) >= {"type", "title", "status", "detail"}
    assert response.json()["status"] == status


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"status": "booked"}, "status", id="F14 unknown"),
        pytest.param({"customerName": None}, "customerName", id="F16 null"),
        pytest.param({"customerName": ""}, "customerName", id="F16 empty"),
        pytest.param({"customerName": "   "}, "customerName", id="F17 blank"),
        pytest.param({"customerName": "\u200b"}, "customerName", id="F18 zero width"),
        pytest.param({"customerName": "x" * 121}, "customerName", id="F19 long"),
        pytest.param({"customerName": 5}, "customerName", id="F20 number"),
        pytest.param({"customerName": True}, "customerName", id="F20 true"),
        pytest.param({"customerName": {}}, "customerName", id="F20 object"),
        pytest.param({"customerName": "a\0b"}, "customerName", id="F21 NUL"),
        pytest.param({"customerName": "a\r\nBcc: b"}, "customerName", id="T17 line break"),
        pytest.param({"customerName": "\ud800"}, "customerName", id="F22 surrogate"),
        pytest.param({"customerPhone": None}, "customerPhone", id="F28 no contact"),
        pytest.param({"customerEmail": "a@x.de,b@y.de"}, "customerEmail", id="F30 two"),
        pytest.param({"customerEmail": "a\nBcc:@x.de"}, "customerEmail", id="F30 line break"),
        pytest.param({"customerPhone": "abc"}, "customerPhone", id="F31 letters"),
        pytest.param({"customerPhone": "+"}, "customerPhone", id="F31 plus"),
        pytest.param({"customerPhone": "123"}, "customerPhone", id="F31 short"),
        pytest.param({"customerPhone": "1" * 25}, "customerPhone", id="F31 long"),
        pytest.param({"notes": "x" * 1001}, "notes", id="F38 long"),
        pytest.param({"requestedService": "x" * 121}, "requestedService", id="service"),
        pytest.param({"preferredDateTimeText": "x" * 201}, "preferredDateTimeText", id="time"),
        pytest.param({"preferredDateTimeText": " "}, "preferredDateTimeText", id="time blank"),
        pytest.param({"shareDetailsWithProvider": "yes"}, "shareDetailsWithProvider", id="share"),
        pytest.param({"attribution": {"utm_other": "x"}}, "attribution.utm_other", id="attribution"),
        pytest.param({"industrySlug": "Not A Slug"}, "industrySlug", id="slug"),
        pytest.param({"industrySlug": "med-spa!"}, "industrySlug", id="slug and more"),
        pytest.param({"sourcePage": "/a\0b"}, "sourcePage", id="page NUL"),
        pytest.param({"website": "a\0b"}, "website", id="trap NUL"),
    ],
)
def test_field_that_is_wrong_is_named_and_nothing_is_kept(
    change: dict[str, Any], field: str, ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    response = _raw(visitor, json.dumps(lead | change).encode())

    assert response.status_code == 422
    assert field in [error["field"] for error in response.json()["errors"]]
    assert all(error["message"] and error["code"] for error in response.json()["errors"])
    assert "Jane" not in response.content.decode()
    assert "booked" not in response.content.decode()
    with enter_tenant(ready):
        assert not BookingHandoff.objects.exists()


@pytest.mark.parametrize(
    ("change", "column", "stored"),
    [
        pytest.param({"customerName": "<img src=x onerror=alert(1)>"}, "customer_name", None, id="F24 markup"),
        pytest.param({"customerName": '=HYPERLINK("http://evil","x")'}, "customer_name", None, id="F25 formula"),
        pytest.param({"customerName": "\u202eevil"}, "customer_name", None, id="F26 right-to-left"),
        pytest.param({"customerName": "{{7*7}}"}, "customer_name", None, id="F27 template"),
        pytest.param({"customerPhone": "+49 (151) 555-0100"}, "customer_phone", "+491515550100", id="F32 E.164"),
        pytest.param({"customerName": "  Jo  "}, "customer_name", "Jo", id="blanks around"),
        pytest.param({"preferredDateTimeText": " Fri > 5pm "}, "preferred_date_time_text", None, id="time as typed"),
        pytest.param({"customerEmail": "Jo@EXAMPLE.com"}, "customer_email", "Jo@example.com", id="domain lowered"),
        pytest.param({"sourcePage": "/x?mail=a@b.c#d"}, "source_page", "/x", id="query dropped"),
        pytest.param({"sourcePage": "/x#jane"}, "source_page", "/x", id="fragment dropped"),
        pytest.param({"sourcePage": "/" + "x" * 600}, "source_page", "/" + "x" * 499, id="long page cut"),
        pytest.param({"industrySlug": "med-spa"}, "industry_slug", None, id="industry of the page"),
        pytest.param({"industrySlug": ""}, "industry_slug", "salon", id="industry of the business"),
        pytest.param({"notes": "one\n\ttwo"}, "notes", None, id="notes of several lines"),
        pytest.param({"website": ""}, "metadata", {}, id="trap left empty"),
        pytest.param({"shareDetailsWithProvider": False}, "metadata", {}, id="details not shared"),
        pytest.param({"notes": None, "attribution": None}, "notes", "", id="null is absent"),
        pytest.param({"notes": f"pay with {CARD} ok"}, "notes", "pay with [removed] ok", id="card in notes"),
        pytest.param({"customerName": CARD}, "customer_name", "[removed]", id="card as name"),
        pytest.param({"requestedService": "5555-5555-5555-4444"}, "requested_service", "[removed]", id="card, hyphens"),
        pytest.param({"preferredDateTimeText": "378282246310005"}, "preferred_date_time_text", "[removed]", id="Amex"),
        pytest.param({"notes": f"{CARD} 12/29 123"}, "notes", "[removed] 12/29 123", id="card, its end and code"),
        pytest.param({"notes": f"{CARD} 772-555-0123"}, "notes", "[removed] 772-555-0123", id="card, then a phone"),
        pytest.param({"notes": "650 555 0177 650 555 0123"}, "notes", None, id="no card: two phones"),
        pytest.param({"notes": "call 4111 1111 1111 1112"}, "notes", None, id="no card: check digit"),
        pytest.param({"notes": "order 2026-11-23-0001"}, "notes", None, id="no card: a date"),
    ],
)
def test_input_is_kept_as_meant(
    change: dict[str, Any],
    column: str,
    stored: str | dict[str, Any] | None,
    ready: TenantRef,
    visitor: TenantClient,
    lead: dict[str, Any],
) -> None:
    response = visitor.post_json(PATH, lead | change)

    assert response.status_code == 201
    expected = next(iter(change.values())) if stored is None else stored
    with enter_tenant(ready):
        assert getattr(BookingHandoff.objects.get(), column) == expected


def test_card_number_is_removed_from_attribution_and_page(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    more = {"sourcePage": f"/{CARD}", "attribution": {"utm_term": CARD, "referrer": f"https://x.example/?c={CARD}"}}
    assert visitor.post_json(PATH, lead | more).status_code == 201

    with enter_tenant(ready):
        handoff = BookingHandoff.objects.get()
    assert handoff.source_page == "/[removed]"
    assert handoff.metadata == {"attribution": {"utm_term": "[removed]", "referrer": "https://x.example/"}}


def test_long_attribution_is_cut_and_never_costs_the_lead(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    names = [
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "gclid",
        "fbclid",
        "msclkid",
        "utm_id",
    ]
    attribution = dict.fromkeys(names, "ü" * 800) | {"utm_medium": "flyer"}
    assert visitor.post_json(PATH, lead | {"attribution": attribution}).status_code == 201

    with enter_tenant(ready):
        metadata = BookingHandoff.objects.get().metadata
    assert 0 < len(json.dumps(metadata)) <= 4096
    assert metadata["attribution"].pop("utm_medium") == "flyer"  # the longest give way first
    assert {len(value) for value in metadata["attribution"].values()} == {300}


def test_attribution_that_is_no_text_never_costs_the_lead(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    given = {"utm_source": "a\ud800b", "utm_medium": "\u200b", "utm_term": "a\0b", "gclid": " "}
    assert _raw(visitor, json.dumps(lead | {"attribution": given}).encode()).status_code == 201

    with enter_tenant(ready):
        assert BookingHandoff.objects.get().metadata == {"attribution": {"utm_source": "ab", "utm_term": "ab"}}


def test_honeypot_is_answered_as_usual_and_flagged(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    assert visitor.post_json(PATH, lead | {"website": "https://spam.example"}).status_code == 201
    with enter_tenant(ready):
        assert BookingHandoff.objects.get().metadata == {"flags": ["honeypot"]}


@pytest.mark.parametrize(
    ("notes", "metadata"),
    [
        ("http://a.example " * 50, {"flags": ["links"]}),
        ("WWW.a.example " * 10, {"flags": ["links"]}),
        ("https://a.example " * 9, {}),
    ],
    ids=["fifty", "ten", "nine"],
)
def test_notes_full_of_links_are_flagged(
    notes: str, metadata: dict[str, Any], ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    assert visitor.post_json(PATH, lead | {"notes": notes}).status_code == 201
    with enter_tenant(ready):
        assert BookingHandoff.objects.get().metadata == metadata


@pytest.mark.parametrize("key", ["x" * 300, "not-a-uuid", ""])
def test_idempotency_key_that_is_no_uuid_is_refused(
    key: str, ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    response = visitor.post_json(PATH, lead, idempotency_key=key)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["Idempotency-Key"]


@pytest.mark.parametrize(
    "change",
    [{"notes": "more"}, {"attribution": {"gclid": "x"}}, {"shareDetailsWithProvider": True}],
    ids=lambda change: next(iter(change)),
)
def test_same_key_with_another_body_is_refused(
    change: dict[str, Any], ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    key = str(uuid4())
    assert visitor.post_json(PATH, lead, idempotency_key=key).status_code == 201
    response = visitor.post_json(PATH, lead | change, idempotency_key=key)

    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "idempotency_key_reused"
    with enter_tenant(ready):
        handoff = BookingHandoff.objects.get()
    assert (handoff.notes, handoff.metadata) == ("", {})


def test_same_key_with_null_for_what_was_absent_is_the_same_handoff(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    key, nothing = str(uuid4()), dict.fromkeys(("notes", "attribution", "shareDetailsWithProvider", "website"))
    first = visitor.post_json(PATH, lead, idempotency_key=key)
    again = visitor.post_json(PATH, lead | nothing, idempotency_key=key)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_same_key_at_another_tenant_is_another_handoff(
    ready: TenantRef, beta: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    key = str(uuid4())
    ids = {client.post_json(PATH, lead, idempotency_key=key).json()["id"] for client in (visitor, TenantClient(beta))}
    assert len(ids) == 2


def test_name_of_a_field_is_told_only_where_it_could_be_one_of_ours(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    answer = visitor.post_json(PATH, lead | {"Zebedee Quux": "x", "colour": "x"})

    assert [error["field"] for error in answer.json()["errors"]] == ["(unnamed)", "colour"]
    assert "Zebedee" not in answer.content.decode()


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 201),
        ("http://alpha.localhost", 201),
        ("http://beta.localhost", 403),
        ("https://alpha.localhost", 403),
        ("http://alpha.localhost:81", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_foreign_origin_is_refused(
    origin: str | None, status: int, ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    headers = {} if origin is None else {"origin": origin}
    assert visitor.post_json(PATH, lead, **headers).status_code == status


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_405_with_allow(method: str, ready: TenantRef, visitor: TenantClient) -> None:
    response = getattr(visitor, method)(PATH)
    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"
    assert {name.strip() for name in response["Allow"].split(",")} == {"GET", "POST"}


def test_capture_is_limited_by_address_whatever_is_forwarded(
    ready: TenantRef, beta: TenantRef, visitor: TenantClient, lead: dict[str, Any], settings: Any
) -> None:
    settings.RATES = settings.RATES | {"RATE_CAPTURE_PER_IP": "30/m"}
    address = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"
    statuses = [
        visitor.post(
            PATH, lead, content_type="application/json", REMOTE_ADDR=address, headers={"x-forwarded-for": f"10.0.0.{n}"}
        ).status_code
        for n in range(31)
    ]
    last = visitor.post(PATH, lead, content_type="application/json", REMOTE_ADDR=address)
    other = TenantClient(beta).post(PATH, lead, content_type="application/json", REMOTE_ADDR=address)

    assert statuses == [201] * 30 + [429]
    assert last.status_code == 429
    assert 1 <= int(last["Retry-After"]) <= 60
    assert last.json()["booking"]["url"].startswith("https://calendly.com/alpha-studio/visit?")
    assert other.status_code == 201


def test_tenant_without_url_keeps_the_lead_and_says_who_gets_in_touch(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    body = visitor.post_json(PATH, lead).json()

    assert (body["nextStep"], body["booking"]) == ("contact", None)
    assert "will get in touch" in body["message"]
    with enter_tenant(alpha):
        assert BookingHandoff.objects.get().external_booking_url_used == ""


def test_shared_number_is_in_the_link_where_the_provider_takes_one(
    alpha: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    make_ready(alpha, django_capture_on_commit_callbacks, "https://alphastudio.as.me/schedule.php")
    body = visitor.post_json(PATH, lead | {"shareDetailsWithProvider": True}).json()
    assert "phone=%2B17725550177" in body["booking"]["url"]
    assert "email=" not in body["booking"]["url"]


def test_shared_details_are_in_the_link_and_nowhere_else(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    wish = {"shareDetailsWithProvider": True, "customerEmail": "jane@example.com"}
    body = visitor.post_json(PATH, lead | wish).json()
    location = visitor.post(f"/go/{body['id']}")["Location"]

    assert location == body["booking"]["url"]
    assert "name=Jane%20Doe" in location
    assert "email=jane%40example.com" in location
    with enter_tenant(ready):
        used = BookingHandoff.objects.get().external_booking_url_used
    assert "Jane" not in used
    assert "jane" not in used
    assert used.endswith(f"&tca_ref={body['id']}&utm_content={body['id']}")
