"""The provider's page in a frame on ours: shown, refused, silent; and the way out of each."""

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import fill_in, leave_by, log_in, send

HOST = "harborwellness.as.me"
PROVIDER = f"https://{HOST}/**"


def go_on(visitor: Page, stack: Stack, *, name: str) -> str:
    """A visitor of the business that shows its provider in a frame, past the click."""
    visitor.goto(stack.url("harbor-wellness"))
    fill_in(visitor, name=name, service="Facial")
    handoff_id = send(visitor)
    visitor.get_by_test_id("handoff-cta").click()
    return handoff_id


def answer(
    body: str = "<!doctype html><title>Book</title><h1>Pick a time</h1>", **headers: str
) -> Callable[[Route], None]:
    """The provider's page, with response headers such as `X_Frame_Options="DENY"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def handle(route: Route) -> None:
        route.fulfill(content_type="text/html", body=body, headers={"content-type": "text/html"} | named)

    return handle


def test_frame_that_is_allowed_stays(stack: Stack, page: Page, open_page: OpenBrowser) -> None:
    page.context.route(PROVIDER, answer())
    handoff_id = go_on(page, stack, name="Framed Fine")

    frame = page.get_by_test_id("booking-frame")
    expect(frame).to_be_visible()
    expect(page.frame_locator("[data-testid=booking-frame]").get_by_role("heading")).to_have_text("Pick a time")
    assert f"tca_ref={handoff_id}" in (frame.get_attribute("src") or "")
    expect(page.get_by_role("link", name="Open the booking page on Acuity")).to_be_visible()
    page.wait_for_timeout(9_000)  # longer than the silence we wait for
    expect(page.get_by_test_id("frame-fallback")).to_be_hidden()

    owner = open_page()
    log_in(owner, stack, "harbor-wellness")
    row = owner.get_by_test_id("handoff-row").filter(has_text="Framed Fine")
    expect(row.get_by_test_id("status-badge")).to_contain_text("Redirected")


def test_frame_refused_by_header_gives_the_button(stack: Stack, page: Page) -> None:
    page.context.route(PROVIDER, answer(X_Frame_Options="DENY"))
    handoff_id = go_on(page, stack, name="Framed Never")
    fallback = page.get_by_test_id("frame-fallback")
    expect(fallback).to_be_visible()
    expect(fallback).to_contain_text("does not show here")
    button = fallback.get_by_role("button", name="Continue to booking on Acuity")
    assert f"tca_ref={handoff_id}" in leave_by(button, HOST)


def test_frame_refused_by_policy_gives_the_button(stack: Stack, page: Page) -> None:
    page.context.route(PROVIDER, answer(Content_Security_Policy="frame-ancestors https://elsewhere.example"))
    go_on(page, stack, name="Framed Elsewhere")
    expect(page.get_by_test_id("frame-fallback")).to_be_visible()


def test_silent_frame_gives_the_button_after_eight_seconds(stack: Stack, page: Page) -> None:
    page.context.route(PROVIDER, lambda _route: None)  # no answer, ever
    go_on(page, stack, name="Framed Silence")
    expect(page.get_by_test_id("booking-frame")).to_be_attached()
    page.evaluate("() => window.postMessage('I am the page you wait for', '*')")  # a stranger's word, no sign of life
    page.wait_for_timeout(5_000)
    expect(page.get_by_test_id("frame-fallback")).to_be_hidden()
    expect(page.get_by_test_id("frame-fallback")).to_be_visible(timeout=5_000)
    expect(page.get_by_role("link", name="Open the booking page on Acuity")).to_be_visible()


def test_provider_that_cannot_be_reached_gives_the_button(stack: Stack, page: Page) -> None:
    page.context.route(PROVIDER, lambda route: route.abort("addressunreachable"))
    go_on(page, stack, name="Framed Down")
    expect(page.get_by_test_id("frame-fallback")).to_be_visible()


def test_frame_is_narrow_in_what_it_may(stack: Stack, page: Page) -> None:
    page.context.route(PROVIDER, answer())
    handoff_id = go_on(page, stack, name="Framed Tight")
    frame = page.get_by_test_id("booking-frame")
    sandbox = (frame.get_attribute("sandbox") or "").split()
    assert set(sandbox) == {
        "allow-scripts",
        "allow-same-origin",
        "allow-forms",
        "allow-popups",
        "allow-popups-to-escape-sandbox",
        "allow-top-navigation-by-user-activation",
    }
    for denied in ("camera 'none'", "microphone 'none'", "geolocation 'none'"):
        assert denied in (frame.get_attribute("allow") or "")
    assert frame.get_attribute("referrerpolicy") == "strict-origin-when-cross-origin"
    assert frame.get_attribute("title") == "Booking page on Acuity"
    policy = stack.ask("GET", f"/handoff/{handoff_id}", host="harbor-wellness.localhost").headers[
        "Content-Security-Policy"
    ]
    assert "frame-src https://harborwellness.as.me;" in policy + ";"


def test_frame_that_leaves_the_provider_gives_the_button(stack: Stack, page: Page) -> None:
    page.context.route(PROVIDER, answer("<script>location.href = 'https://elsewhere.example/';</script>"))
    go_on(page, stack, name="Framed Away")
    expect(page.get_by_test_id("frame-fallback")).to_be_visible()


def test_address_of_another_site_is_never_framed(stack: Stack, page: Page) -> None:
    away = '{"url": "https://elsewhere.example/"}'
    page.context.route("**/api/v1/handoffs/*/redirect*", lambda route: route.fulfill(status=200, body=away))
    page.goto(stack.url("harbor-wellness"))
    fill_in(page, name="Framed By Another", service="Facial")
    send(page)
    leave_by(page.get_by_test_id("handoff-cta"), HOST)
    expect(page.get_by_test_id("booking-frame")).to_have_count(0)


def test_our_records_away_the_click_still_leads_to_the_provider(stack: Stack, page: Page) -> None:
    page.context.route("**/api/v1/handoffs/*/redirect*", lambda route: route.fulfill(status=503, body="{}"))
    page.goto(stack.url("harbor-wellness"))
    fill_in(page, name="Framed Alone", service="Facial")
    send(page)
    leave_by(page.get_by_test_id("handoff-cta"), HOST)
    expect(page.get_by_test_id("booking-frame")).to_have_count(0)
