"""What saving booking settings would mean: told to every member, with nothing stored and nobody asked."""

from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.accounts.enums import Role
from shared_apps.tenants.scope import TenantRef, enter_tenant
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.services import SettingsInput, preview_settings
from tests.clients import TenantClient

SETTINGS = "/api/v1/settings/booking"
PATH = f"{SETTINGS}/preview"
REFERENCE = "00000000-0000-7000-8000-000000000000"
CALENDLY = "https://calendly.com/alpha-studio/visit"
LINK = (
    f"{CALENDLY}?utm_source=treasurecoastai&utm_medium=booking_handoff&utm_campaign=industry-demo"
    f"&tca_ref={REFERENCE}&utm_content={REFERENCE}"
)


@pytest.fixture
def body(owner: TenantClient) -> dict[str, Any]:
    """The settings as GET gives them, with a URL."""
    given: dict[str, Any] = owner.get(SETTINGS).json()
    return given | {"externalBookingUrl": CALENDLY}


def preview(client: TenantClient, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    response = client.post(PATH, body | changes, content_type="application/json", headers={"accept-language": "en"})
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


def codes(items: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(item["field"], item["code"]) for item in items]


@pytest.mark.parametrize("role", [Role.OWNER, Role.STAFF])
def test_good_settings_show_the_link_and_store_nothing(
    role: Role, alpha: TenantRef, login: Callable[..., TenantClient], body: dict[str, Any]
) -> None:
    assert preview(login(alpha, role), body) == {
        "valid": True,
        "errors": [],
        "warnings": [],
        "provider": {
            "id": "calendly",
            "label": "Calendly",
            "framing": "yes",
            "carrier": "utm_content",
            "prefill": ["name", "email"],
        },
        "providerName": "Calendly",
        "frames": False,
        "outboundUrl": LINK,
    }
    with enter_tenant(alpha):
        assert (BookingSettings.objects.get().external_booking_url, BookingSettings.objects.get().version) == ("", 1)


def test_what_preview_promises_saving_keeps(
    alpha: TenantRef,
    owner: TenantClient,
    visitor: TenantClient,
    body: dict[str, Any],
    lead: dict[str, Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    given = body | {"externalBookingUrl": "https://CALENDLY.com/alpha?email=x@y.example&x=1#top"}
    promised = preview(owner, given)["outboundUrl"]
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.put_json(SETTINGS, given).status_code == 200
    handoff = visitor.post_json("/api/v1/handoffs", lead).json()
    assert handoff["booking"]["url"] == promised.replace(REFERENCE, handoff["id"])


@pytest.mark.parametrize(
    ("changes", "warnings"),
    [
        ({"externalBookingUrl": f"{CALENDLY}?utm_content=mine"}, [("externalBookingUrl", "carrier_conflict")]),
        ({"externalBookingUrl": f"{CALENDLY}?utm_source=mine"}, [("externalBookingUrl", "own_utm")]),
        ({"externalBookingUrl": f"{CALENDLY}?name=Jane"}, [("externalBookingUrl", "url_personal")]),
        ({"externalBookingUrl": "https://аpple.com/"}, [("externalBookingUrl", "url_idn")]),  # noqa: RUF001 - Cyrillic
        ({"externalBookingUrl": "https://booking.example/"}, [("externalBookingUrl", "url_sample")]),
        (
            {"externalBookingUrl": "https://www.google.com/url?q=https://calendly.com/a/b"},
            [("externalBookingUrl", "url_unwrapped")],
        ),
        ({"externalBookingProviderName": "Acuity"}, [("externalBookingProviderName", "provider_differs")]),
        ({"externalBookingProviderName": "calendly"}, []),
        ({"externalBookingProviderName": "Our calendar"}, []),
        ({"externalBookingUrl": "https://book.alpha-studio.com/", "externalBookingProviderName": "Calendly"}, []),
        ({"externalBookingEmbedMode": "iframe"}, []),
        (
            {"externalBookingUrl": "https://www.fresha.com/a/x", "externalBookingEmbedMode": "iframe"},
            [("externalBookingEmbedMode", "frame_refused")],
        ),
        (
            {"externalBookingUrl": "https://book.alpha-studio.com/", "externalBookingEmbedMode": "iframe"},
            [("externalBookingEmbedMode", "frame_unknown")],
        ),
    ],
)
def test_warning_hinders_nobody(
    changes: dict[str, Any],
    warnings: list[tuple[str, str]],
    alpha: TenantRef,
    owner: TenantClient,
    body: dict[str, Any],
) -> None:
    answer = preview(owner, body, **changes)
    assert codes(answer["warnings"]) == warnings
    assert (answer["valid"], answer["errors"]) == (True, [])
    assert answer["outboundUrl"].startswith("https://")
    assert owner.put_json(SETTINGS, body | changes).status_code == 200


@pytest.mark.parametrize(
    ("changes", "errors", "provider"),
    [
        ({"externalBookingUrl": "http://calendly.com/a"}, [("externalBookingUrl", "url_not_https")], None),
        ({"externalBookingUrl": "https://alpha.localhost/book"}, [("externalBookingUrl", "url_own_site")], None),
        ({"externalBookingUrl": ""}, [("externalBookingUrl", "url_required")], None),
        ({"externalBookingUtmSource": ""}, [("externalBookingUtmSource", "text")], "calendly"),
    ],
)
def test_bad_settings_are_told_as_saving_would_tell_them(
    changes: dict[str, Any],
    errors: list[tuple[str, str]],
    provider: str | None,
    alpha: TenantRef,
    owner: TenantClient,
    body: dict[str, Any],
) -> None:
    answer = preview(owner, body, **changes)
    assert (answer["valid"], answer["outboundUrl"], codes(answer["errors"])) == (False, None, errors)
    assert (answer["provider"] or {}).get("id") == provider
    refused = owner.put(SETTINGS, body | changes, content_type="application/json", headers={"accept-language": "en"})
    assert refused.json()["errors"] == answer["errors"]


@pytest.mark.parametrize("changes", [{"bookingMode": "both"}, {"more": 1}, {"externalBookingUtmSource": None}])
def test_body_that_saving_cannot_read_is_refused(
    changes: dict[str, Any], alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    assert owner.post_json(PATH, body | changes).status_code == 422


def test_internal_mode_sends_nobody_away(alpha: TenantRef, owner: TenantClient, body: dict[str, Any]) -> None:
    answer = preview(owner, body, bookingMode="internal")
    assert (answer["valid"], answer["outboundUrl"], answer["provider"]) == (True, None, None)


def test_frame_follows_what_the_saved_page_said(alpha: TenantRef, owner: TenantClient, body: dict[str, Any]) -> None:
    framed = body | {"externalBookingEmbedMode": "iframe"}
    owner.put_json(SETTINGS, framed)
    with enter_tenant(alpha):
        BookingSettings.objects.update(frame_check="refused")
    answer = preview(owner, framed)
    assert (answer["frames"], codes(answer["warnings"])) == (False, [("externalBookingEmbedMode", "frame_refused")])
    assert preview(owner, framed, externalBookingUrl=f"{CALENDLY}/other")["frames"] is True


def test_page_that_was_asked_about_frames_is_no_longer_unknown(
    alpha: TenantRef, owner: TenantClient, body: dict[str, Any]
) -> None:
    given = body | {"externalBookingUrl": "https://book.alpha-studio.com/", "externalBookingEmbedMode": "iframe"}
    owner.put_json(SETTINGS, given)
    with enter_tenant(alpha):
        BookingSettings.objects.update(frame_check="allowed")
    answer = preview(owner, given)
    assert (answer["frames"], answer["warnings"]) == (True, [])


def test_page_of_our_own_is_shown_as_no_booking_page(alpha: TenantRef, settings: Any) -> None:
    settings.SAAS_DOMAIN = "handoff.example.com"
    given = SettingsInput("external", "", "https://beta.handoff.example.com/book", "redirect", "", "a", "b")
    with enter_tenant(alpha):
        shown = preview_settings(given=given)
    assert [problem.code for problem in shown.problems] == ["url_own_site"]
    assert (shown.booking.ready, shown.booking.url) == (False, "")
