"""Booking settings: what can be saved, by whom, and when it takes effect."""

from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.accounts.enums import Role
from shared_apps.errors import InvalidFieldsError
from shared_apps.tenants.scope import TenantRef, enter_tenant
from shared_apps.versions import StaleSettingsError
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.services import SettingsInput, update_settings
from tests.clients import TenantClient

PATH = "/api/v1/settings/booking"
URL = "https://calendly.com/alpha-studio/visit"


@pytest.fixture
def body(owner: TenantClient) -> dict[str, Any]:
    """The settings as GET gives them, with a URL, as a page would send them back."""
    given: dict[str, Any] = owner.get(PATH).json()
    return given | {"externalBookingUrl": URL}


def test_new_tenant_is_external_and_not_ready(alpha: TenantRef, owner: TenantClient, visitor: TenantClient) -> None:
    assert owner.get(PATH).json() == {
        "bookingMode": "external",
        "externalBookingProviderName": "",
        "externalBookingUrl": "",
        "externalBookingEmbedMode": "redirect",
        "externalBookingDisclaimer": "",
        "externalBookingUtmSource": "treasurecoastai",
        "externalBookingUtmCampaign": "industry-demo",
        "provider": None,
        "frameCheck": {"result": "unknown", "checkedAt": None, "reason": None},
        "linkHealth": {
            "result": "unknown", "reason": None, "statusClass": None, "redirectsTo": None, "tlsExpiresAt": None,
            "framingChangedAt": None, "checkedAt": None, "failures": 0, "failingSince": None, "toldAt": None,
        },
    }  # fmt: skip
    assert visitor.get("/api/v1/booking").json()["ready"] is False


def test_saving_is_seen_by_the_next_request(
    alpha: TenantRef,
    owner: TenantClient,
    visitor: TenantClient,
    body: dict[str, Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    assert visitor.get("/api/v1/booking").json()["ready"] is False
    with django_capture_on_commit_callbacks(execute=True):
        response = owner.put_json(PATH, body | {"externalBookingDisclaimer": "Be early."})

    assert response.status_code == 200
    assert response.json()["provider"]["id"] == "calendly"
    assert response.json()["provider"]["carrier"] == "utm_content"
    seen = visitor.get("/api/v1/booking").json()
    assert (seen["ready"], seen["providerName"], seen["disclaimer"]) == (True, "Calendly", "Be early.")


def test_answer_of_get_can_be_put_back(alpha: TenantRef, owner: TenantClient, body: dict[str, Any]) -> None:
    first = owner.put_json(PATH, body)
    again = owner.put_json(PATH, first.json())
    assert (again.status_code, again.json()) == (200, first.json())


@pytest.mark.parametrize(
    ("url", "name", "shown"),
    [
        (URL, "", "Calendly"),
        (URL, "Our calendar", "Our calendar"),
        ("https://book.example.org/visit", "", "book.example.org"),
    ],
)
def test_provider_is_named_by_the_tenant_or_recognised_or_its_host(
    url: str,
    name: str,
    shown: str,
    alpha: TenantRef,
    owner: TenantClient,
    visitor: TenantClient,
    body: dict[str, Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        owner.put_json(PATH, body | {"externalBookingUrl": url, "externalBookingProviderName": name})
    assert visitor.get("/api/v1/booking").json()["providerName"] == shown


@pytest.mark.parametrize(
    "url",
    [
        "", None, "data:text/html,x", "vbscript:x", "javascript:alert(1)", "file:///etc/passwd", "ftp://a.example/",
        "http://calendly.com/acme", "//evil.example", "/path", "https:evil.example", "https:///evil.example",
        "https://user:pw@evil.example/", "https://calendly.com\\@evil.example/", "https://calendly.com/\r\nSet-Cookie:a=b",
        "https://calendly.com/a\tb", " https://calendly.com/a", "https://127.0.0.1/", "https://localhost/",
        "https://[::1]/", "https://2130706433/", "https://0x7f000001/", "https://127.1/", "https://0177.0.0.1/",
        "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://169.254.169.254/", "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/", "https://[2002:7f00:1::]/", "https://100.64.0.1/", "https://224.0.0.1/",
        "https://0.0.0.0/", "https://intranet/", "https://a.local/", "https://a.internal/", "https://a.onion/",
        "https://calendly.com/" + "x" * 2049, "https://x.example/{{ref}}", "https://x.example/%s",
        "https://alpha.localhost/", "https://calendly.com:8443/a", "calendly.com/acme", "x" * 6000,
    ],
)  # fmt: skip
def test_external_mode_without_a_good_url_cannot_be_saved(
    url: str | None, alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    response = owner.put_json(PATH, body | {"externalBookingUrl": url})

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["externalBookingUrl"]
    assert owner.get(PATH).json()["externalBookingUrl"] == ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bookingMode": "both"}, "bookingMode"),
        ({"bookingMode": None}, "bookingMode"),
        ({"externalBookingEmbedMode": "popup"}, "externalBookingEmbedMode"),
        ({"externalBookingProviderName": "x" * 81}, "externalBookingProviderName"),
        ({"externalBookingProviderName": "a\nb"}, "externalBookingProviderName"),
        ({"externalBookingDisclaimer": "x" * 501}, "externalBookingDisclaimer"),
        ({"externalBookingDisclaimer": "a\0b"}, "externalBookingDisclaimer"),
        ({"externalBookingUtmSource": ""}, "externalBookingUtmSource"),
        ({"externalBookingUtmSource": " x"}, "externalBookingUtmSource"),
        ({"externalBookingUtmSource": "x" * 101}, "externalBookingUtmSource"),
        ({"externalBookingUtmCampaign": "x" * 101}, "externalBookingUtmCampaign"),
        ({"somethingElse": 1}, "somethingElse"),
    ],
)
def test_bad_setting_is_named_and_nothing_is_saved(
    change: dict[str, Any], field: str, alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    response = owner.put_json(PATH, body | change)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert owner.get(PATH).json()["externalBookingUrl"] == ""


def test_rule_holds_for_the_service_whoever_calls_it(alpha: TenantRef) -> None:
    with enter_tenant(alpha):
        for url in ("", "http://calendly.com/x"):
            given = SettingsInput("external", "", url, "redirect", "", "a", "b")
            with pytest.raises(InvalidFieldsError):
                update_settings(tenant=alpha, given=given)
        assert BookingSettings.objects.get().version == 1


def test_longest_texts_are_kept(alpha: TenantRef, owner: TenantClient, body: dict[str, Any]) -> None:
    longest = {
        "externalBookingProviderName": "x" * 80,
        "externalBookingDisclaimer": "x" * 500,
        "externalBookingUtmSource": "x" * 100,
        "externalBookingUtmCampaign": "x" * 100,
    }
    assert owner.put_json(PATH, body | longest).status_code == 200
    assert longest.items() <= owner.get(PATH).json().items()


def test_page_of_our_own_cannot_be_the_booking_page(alpha: TenantRef, settings: Any) -> None:
    """Visitors would go round in circles."""
    settings.SAAS_DOMAIN = "handoff.example.com"
    given = SettingsInput("external", "", "https://beta.handoff.example.com/book", "redirect", "", "a", "b")
    with enter_tenant(alpha):
        with pytest.raises(InvalidFieldsError) as caught:
            update_settings(tenant=alpha, given=given)
        assert BookingSettings.objects.get().external_booking_url == ""
    assert [problem.code for problem in caught.value.problems] == ["url_own_site"]


def test_internal_mode_needs_no_url_and_sends_nobody_away(
    alpha: TenantRef, owner: TenantClient, visitor: TenantClient, body: dict[str, Any], lead: dict[str, Any]
) -> None:
    assert owner.put_json(PATH, body | {"bookingMode": "internal", "externalBookingUrl": ""}).status_code == 200
    answer = visitor.post_json("/api/v1/handoffs", lead).json()
    assert (answer["nextStep"], answer["booking"]) == ("contact", None)


def test_stale_if_match_is_412_and_without_it_the_last_write_wins(
    alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    etag = owner.get(PATH)["ETag"]
    first = owner.put_json(PATH, body, if_match=etag)
    stale = owner.put_json(PATH, body | {"externalBookingUtmSource": "mine"}, if_match=etag)
    blind = owner.put_json(PATH, body | {"externalBookingUtmSource": "last"})

    assert first.status_code == 200
    assert first["ETag"] != etag
    assert (stale.status_code, stale["Content-Type"]) == (412, "application/problem+json")
    assert blind.status_code == 200
    assert owner.get(PATH).json()["externalBookingUtmSource"] == "last"


def test_stale_version_writes_nothing(alpha: TenantRef) -> None:
    given = SettingsInput("external", "", URL, "redirect", "", "a", "b")
    with enter_tenant(alpha):
        with pytest.raises(StaleSettingsError):
            update_settings(tenant=alpha, given=given, expected_version=7)
        assert BookingSettings.objects.get().external_booking_url == ""


def test_staff_reads_and_does_not_write(
    alpha: TenantRef, login: Callable[..., TenantClient], body: dict[str, Any]
) -> None:
    staff = login(alpha, Role.STAFF)
    assert staff.get(PATH).status_code == 200
    assert staff.put_json(PATH, body).status_code == 403
    assert staff.put(PATH, b"{", content_type="text/plain").status_code == 403  # the role comes before the body


def test_url_is_stored_in_canonical_form(alpha: TenantRef, owner: TenantClient, body: dict[str, Any]) -> None:
    response = owner.put_json(PATH, body | {"externalBookingUrl": "https://CALENDLY.com/alpha?x=1#top"})
    assert response.json()["externalBookingUrl"] == "https://calendly.com/alpha?x=1#top"
