"""The visitor's pages: marks, texts, the form without JavaScript, the receipt, the click."""

import re
import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core import signing
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.business.services import update_profile
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tenant_apps.handoffs.services import record_click
from tests.clients import TenantClient
from tests.factories import HandoffFactory

MESSAGE = "You’ll finish booking on their site. We can help if you get stuck."


def _marks(response: Any) -> set[str]:
    return set(re.findall(r'data-testid="([a-z-]+)"', response.content.decode()))


@pytest.mark.parametrize("path", ["/", "/book"])
def test_ready_tenant_shows_the_form(path: str, ready: TenantRef, visitor: TenantClient) -> None:
    response = visitor.get(path)
    assert response.status_code == 200
    assert "capture-form" in _marks(response)
    assert "booking-unavailable" not in _marks(response)


@pytest.mark.parametrize("path", ["/", "/book"])
def test_tenant_without_url_shows_notice_and_contact_and_form(
    path: str, alpha: TenantRef, visitor: TenantClient
) -> None:
    assert _marks(visitor.get(path)) >= {"capture-form", "booking-unavailable", "contact-cta"}


def test_pages_carry_a_strict_policy(ready: TenantRef, visitor: TenantClient) -> None:
    response = visitor.get("/")
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    nonce = re.search(r'<style nonce="([^"]+)"', response.content.decode())
    assert nonce is not None
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce[1]}'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert response["X-Frame-Options"] == "DENY"
    assert response["Permissions-Policy"] == "camera=(), microphone=(), geolocation=(), browsing-topics=()"
    assert response["Cache-Control"] == "no-store"


def test_form_without_javascript_leads_to_the_hand_over_page(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    response = visitor.post("/book", lead | {"idempotencyKey": str(uuid4()), "utm_source": "flyer", "website": ""})
    page = visitor.get(response["Location"])

    assert response.status_code == 303
    assert _marks(page) >= {"handoff-cta", "handoff-message", "contact-cta"}
    text = page.content.decode()
    assert MESSAGE in text
    assert "Continue to booking on Calendly" in text
    assert "Jane Doe" in text
    assert "Friday after 5" in text
    assert "form-action 'self' https:" in page["Content-Security-Policy"]
    with enter_tenant(ready):
        assert BookingHandoff.objects.get().metadata == {"attribution": {"utm_source": "flyer"}}


def test_form_sent_twice_is_one_handoff_and_changed_is_another(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    nonce = {"idempotencyKey": str(uuid4())}
    places = [visitor.post("/book", lead | nonce)["Location"] for _ in range(2)]
    changed = visitor.post("/book", lead | nonce | {"notes": "after a Back"})["Location"]

    another = visitor.post("/book", lead | {"idempotencyKey": str(uuid4())})["Location"]  # the form opened anew

    assert places[0] == places[1]
    assert len({places[0], changed, another}) == 3
    with enter_tenant(ready):
        assert BookingHandoff.objects.count() == 3


def test_form_that_comes_back_keeps_its_key_where_it_is_one(ready: TenantRef, visitor: TenantClient) -> None:
    def find_key(posted: str) -> str:
        page = visitor.post("/book", {"idempotencyKey": posted}).content.decode()
        [found] = re.findall(r'name="idempotencyKey" value="([^"]*)"', page)
        return str(found)

    key = str(uuid4())
    assert find_key(key) == key
    assert UUID(find_key("nonsense")) != UUID(find_key("nonsense"))


def test_invalid_form_keeps_the_input_and_says_all_at_once(ready: TenantRef, visitor: TenantClient) -> None:
    response = visitor.post("/book", {"customerName": "Jo <b>", "notes": "keep me", "customerPhone": " "})
    text = response.content.decode()

    assert response.status_code == 422
    assert 'value="Jo &lt;b&gt;"' in text
    assert "keep me" in text
    for field in ("requestedService", "preferredDateTimeText", "customerPhone"):
        assert re.search(
            rf'id="error-{field}"[^>]*data-testid="field-error"|data-testid="field-error"[^>]*id="error-{field}"', text
        )
    assert 'id="error-customerEmail"' not in text or "hidden" in text.split('id="error-customerEmail"')[1][:80]
    assert text.count("either is enough.</a>") == 1
    with enter_tenant(ready):
        assert not BookingHandoff.objects.exists()


def test_form_refuses_a_foreign_origin(ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    assert visitor.post("/book", lead, headers={"origin": "https://evil.example"}).status_code == 403


def test_form_is_read_as_the_business_and_the_browser_mean_it(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), enter_tenant(ready):
        update_profile(tenant=ready, changes={"region": "GB", "industry": "dental"})
    form = lead | {"customerPhone": "020 7946 0958", "notes": f"one\r\n{'x' * 996}", "referrer": "https://a.example/"}
    form |= {"website": "a robot", "shareDetailsWithProvider": "no"}
    assert visitor.post("/book", form, headers={"referer": "https://b.example/"}).status_code == 303

    with enter_tenant(ready):
        handoff = BookingHandoff.objects.get()
    assert (handoff.customer_phone, handoff.industry_slug) == ("+442079460958", "dental")
    assert handoff.notes == f"one\n{'x' * 996}"  # a line break is one character, whatever the browser sends
    assert handoff.metadata == {"attribution": {"referrer": "https://a.example/"}, "flags": ["honeypot"]}


def test_service_of_the_query_is_preselected(ready: TenantRef, visitor: TenantClient) -> None:
    assert 'value="Blow-dry"' in visitor.get("/book?service=Blow-dry").content.decode()
    assert 'name="sourcePage" value="/book"' in visitor.get("/book?service=Blow-dry").content.decode()
    assert 'value="ab"' in visitor.get("/book?service=a%00b").content.decode()
    assert f'value="{"x" * 120}"' in visitor.get(f"/book?service={'x' * 121}").content.decode()


@pytest.mark.parametrize(
    ("referer", "kept"),
    [
        ("https://search.example/results?q=jane%40x.example#top", ["https://search.example/results"]),
        (f"https://search.example/{'x' * 300}", [f"https://search.example/{'x' * 277}"]),
        ("http://alpha.localhost/", []),
        ("/relative", []),
        ("http://[", []),
    ],
)
def test_referrer_is_another_sites_page_without_its_query(
    referer: str, kept: list[str], ready: TenantRef, visitor: TenantClient
) -> None:
    page = visitor.get("/book", headers={"referer": referer})
    assert page.status_code == 200
    assert re.findall(r'name="referrer" value="([^"]*)"', page.content.decode()) == kept


def test_only_the_browser_that_typed_it_sees_what_was_typed(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    key = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    stranger = TenantClient(ready)
    forged = TenantClient(ready)
    forged.cookies["receipt"] = visitor.cookies["receipt"].value[:-2] + "xx"

    cookie = visitor.cookies["receipt"]
    assert cookie["path"] == f"/handoff/{key}"
    assert cookie["httponly"]
    assert "Jane Doe" in visitor.get(f"/handoff/{key}").content.decode()
    for other in (stranger, forged):
        page = other.get(f"/handoff/{key}")
        assert page.status_code == 200
        assert "Jane Doe" not in page.content.decode()
        assert "handoff-cta" in _marks(page)


def test_receipt_of_one_handoff_opens_no_other(ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    visitor.post_json("/api/v1/handoffs", lead)
    receipt = visitor.cookies["receipt"].value
    with enter_tenant(ready):
        other = HandoffFactory.create()
    visitor.cookies["receipt"] = receipt
    assert "Jane Doe" not in visitor.get(f"/handoff/{other.pk}").content.decode()


def test_receipt_of_one_tenant_opens_nothing_at_another(
    ready: TenantRef, beta: TenantRef, visitor: TenantClient, lead: dict[str, Any]
) -> None:
    key = UUID(visitor.post_json("/api/v1/handoffs", lead).json()["id"])
    with enter_tenant(beta):
        HandoffFactory.create(id=key, customer_name="Bo Other")
    there = TenantClient(beta)
    there.cookies["receipt"] = visitor.cookies["receipt"].value
    page = there.get(f"/handoff/{key}")

    assert page.status_code == 200
    assert "Jane Doe" not in page.content.decode()


def test_receipt_is_good_for_a_day_on_this_site_by_https(
    ready: TenantRef, visitor: TenantClient, lead: dict[str, Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IS_DEVELOPMENT = False
    key = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    cookie = visitor.cookies["receipt"]
    assert (cookie["max-age"], cookie["samesite"], cookie["secure"]) == (86_400, "Lax", True)

    for seconds, is_shown in ((86_390, True), (86_410, False)):
        monkeypatch.setattr(signing, "time", SimpleNamespace(time=lambda ahead=seconds: time.time() + ahead))
        assert ("Jane Doe" in visitor.get(f"/handoff/{key}").content.decode()) is is_shown


def test_receipt_of_an_earlier_release_is_none(ready: TenantRef, visitor: TenantClient, lead: dict[str, Any]) -> None:
    key = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    salt = f"receipt:{ready.schema_name}:{key}"
    visitor.cookies["receipt"] = signing.dumps({"name": "Jane Doe"}, salt=salt)
    page = visitor.get(f"/handoff/{key}")
    assert page.status_code == 200
    assert "Jane Doe" not in page.content.decode()


def test_click_marks_once_and_goes_to_the_provider(ready: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(ready):
        key = HandoffFactory.create().pk
    responses = [visitor.post(f"/go/{key}", headers={"origin": "null"}) for _ in range(3)]

    assert {(response.status_code, response["Location"]) for response in responses} == {
        (
            303,
            "https://calendly.com/alpha-studio/visit?utm_source=treasurecoastai&utm_medium=booking_handoff"
            f"&utm_campaign=industry-demo&tca_ref={key}&utm_content={key}",
        )
    }
    with enter_tenant(ready):
        handoff = BookingHandoff.objects.get()
        events = list(HandoffEvent.objects.order_by("id").values_list("type", "actor", "evidence"))
    assert handoff.status == "redirected"
    assert handoff.redirected_at is not None
    assert handoff.external_booking_url_used == responses[0]["Location"]
    assert events == [("created", "visitor", "system"), ("redirected", "visitor", "click")]


def test_click_by_json_keeps_the_first_moment(ready: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(ready):
        key = HandoffFactory.create().pk
    first, second = (visitor.post(f"/api/v1/handoffs/{key}/redirect").json() for _ in range(2))

    assert set(first) == {"id", "status", "redirectedAt", "url"}
    assert (first["status"], first["id"]) == ("redirected", str(key))
    assert first == second


def test_click_of_the_past_is_of_something_known_though_it_is_marked_already(ready: TenantRef) -> None:
    with enter_tenant(ready):
        key = HandoffFactory.create().pk
        told = [record_click(handoff_id=each, url="", at=timezone.now()) for each in (key, key, uuid4())]
        assert told == [True, True, False]
        assert HandoffEvent.objects.filter(type="redirected").count() == 1


def test_click_from_a_frame_gets_the_address_for_a_frame(ready: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(ready):
        key = HandoffFactory.create().pk
    path = f"/api/v1/handoffs/{key}/redirect"
    plain, framed = (visitor.post(path + query).json()["url"] for query in ("", "?embed=1"))
    assert "embed_" not in plain
    assert framed.startswith(plain)
    assert "embed_domain=alpha.localhost" in framed
    assert [visitor.post(path + query).status_code for query in ("?embed=2", "?frame=1")] == [422, 422]


def test_click_by_json_is_refused_to_another_site(ready: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(ready):
        key = HandoffFactory.create().pk
    answer = visitor.post(f"/api/v1/handoffs/{key}/redirect", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    with enter_tenant(ready):
        assert BookingHandoff.objects.get().status == "new"


@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_the_click_address_changes_nothing(method: str, ready: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(ready):
        key = HandoffFactory.create().pk
    response = getattr(visitor, method)(f"/go/{key}", headers={"sec-purpose": "prefetch"})

    assert (response.status_code, response["Location"]) == (303, f"/handoff/{key}")
    with enter_tenant(ready):
        assert BookingHandoff.objects.get().status == "new"


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [("completed_external", "completed_external", 1), ("abandoned", "redirected", 2), ("redirected", "redirected", 1)],
)
def test_click_by_status(before: str, after: str, events: int, ready: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(ready):
        key = HandoffFactory.create(status=before).pk
    assert visitor.post(f"/go/{key}").status_code == 303
    with enter_tenant(ready):
        assert BookingHandoff.objects.get().status == after
        assert HandoffEvent.objects.count() == events


def test_click_without_a_link_leads_back_to_the_page(alpha: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(alpha):
        key = HandoffFactory.create().pk
    response = visitor.post(f"/go/{key}")

    assert (response.status_code, response["Location"]) == (303, f"/handoff/{key}")
    page = visitor.get(f"/handoff/{key}")
    assert _marks(page) >= {"contact-cta", "booking-unavailable"}
    assert "handoff-cta" not in _marks(page)
    assert visitor.post(f"/api/v1/handoffs/{key}/redirect").status_code == 409
    assert visitor.post(f"/api/v1/handoffs/{uuid4()}/redirect").status_code == 404
    with enter_tenant(alpha):
        assert BookingHandoff.objects.get().status == "new"


def _without_nonces(response: Any) -> bytes:
    return re.sub(rb'nonce="[^"]+"', b"", response.content)


@pytest.mark.parametrize("path", ["/handoff/{}", "/go/{}"])
def test_foreign_id_is_as_unknown_as_any(path: str, ready: TenantRef, beta: TenantRef, visitor: TenantClient) -> None:
    with enter_tenant(beta):
        foreign = HandoffFactory.create(customer_name="Beta Person").pk
    method = visitor.post if path.startswith("/go") else visitor.get
    answers = [method(path.format(key)) for key in (foreign, uuid4(), "abc", "-1", "9" * 30)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({_without_nonces(answer) for answer in answers}) == 1
    assert "https://calendly.com/alpha-studio/visit?" in answers[0].content.decode()
    with enter_tenant(beta):
        assert BookingHandoff.objects.get().status == "new"


def test_words_about_the_appointment_are_never_ours(
    ready: TenantRef, visitor: TenantClient, login: Any, lead: dict[str, Any]
) -> None:
    key = visitor.post_json("/api/v1/handoffs", lead).json()["id"]
    pages = [visitor.get(path) for path in ("/", "/book", f"/handoff/{key}", "/nope", "/login", "/api/v1/booking")]
    owner = login(ready, Role.OWNER)
    pages += [owner.get(path) for path in ("/dashboard", f"/dashboard/handoffs/{key}", "/api/v1/handoffs")]
    for page in pages:
        assert not re.search(r"\b(booked|confirm\w*|reserv\w*)\b", page.content.decode(), re.IGNORECASE), page.request


def test_words_about_the_appointment_are_in_no_script_either() -> None:
    scripts = sorted(settings.VITE_MANIFEST.parent.parent.glob("assets/*.js"))
    assert len(scripts) > 5
    for script in scripts:
        text = re.sub(r"[`'\"]confirm[`'\"]", "", script.read_text(encoding="utf-8"))  # the assistant's state, no words
        assert not re.search(r"\b(booked|confirm\w*|reserv\w*)\b", text, re.IGNORECASE), script.name
