"""Whatever fails on the visitor's side, there is a next step and nothing typed is lost."""

import json
import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import fill_in, leave_by, log_in, send
from saas.embedded import processes
from tests.faults.havoc import Victim
from tests.faults.servers import frozen

CAPTURE = "**/api/v1/handoffs"
LINK = re.compile(r"^https://calendly\.com/coastal-cuts-demo/haircut")


def play(status: int, body: str) -> Callable[[Route], None]:
    """The server's answer to every capture."""
    return lambda route: route.fulfill(status=status, body=body)


def press(page: Page) -> None:
    page.get_by_test_id("capture-form").locator("button[type=submit]").click()


def expect_ways_on(page: Page) -> None:
    """The booking link, the contact, and every word still there."""
    alert = page.get_by_role("alert")
    expect(alert).to_be_visible()
    expect(alert.get_by_role("link", name="Continue to booking on Calendly")).to_have_attribute("href", LINK)
    expect(alert.get_by_role("link", name="Call")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Never Lost")
    expect(page.get_by_label("When would suit you?")).to_have_value("Friday after 5")


def test_offline_and_back(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Never Lost")
    page.context.set_offline(True)
    press(page)
    expect(page.get_by_role("alert")).to_contain_text("offline")
    expect_ways_on(page)
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_label("Your name")).to_have_value("Never Lost")
    send(page)


def test_server_failure_and_answer_that_is_none(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Never Lost")
    for status, body in ((500, "<h1>Bad gateway</h1>"), (503, "{}"), (200, "nonsense"), (429, "{}")):
        page.context.route(CAPTURE, play(status, body))
        press(page)
        expect_ways_on(page)
        page.context.unroute(CAPTURE)
    send(page)


def test_answer_that_was_lost_makes_no_second_lead(stack: Stack, page: Page) -> None:
    keys: list[str] = []
    page.on("request", lambda request: keys.append(request.headers.get("idempotency-key", "")))
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Never Lost")

    def lose_the_answer(route: Route) -> None:
        headers = {"Idempotency-Key": route.request.headers["idempotency-key"]}
        host = "coastal-cuts.localhost"
        answer = stack.ask(
            "POST", "/api/v1/handoffs", host=host, json_body=route.request.post_data_json, headers=headers
        )
        assert answer.status == 201
        route.abort()

    page.context.route(CAPTURE, lose_the_answer)
    press(page)
    expect_ways_on(page)
    page.context.unroute(CAPTURE)
    send(page)
    sent = [key for key in keys if key]
    assert len(sent) == 2
    assert len(set(sent)) == 1


def test_silent_web_server_shows_the_link_within_seconds(stack: Stack, page: Page) -> None:
    """The whole web tier is frozen: connections are taken and nobody answers; then it goes on, and so does the page."""
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Never Lost")
    with frozen(Victim(stack.data_dir).part("web")):
        press(page)
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_role("alert")).to_be_visible(timeout=5_000)
        expect_ways_on(page)
    expect(page).to_have_url(re.compile(r"/handoff/"), timeout=15_000)


def test_page_sends_again_by_itself_when_somebody_answers(stack: Stack, page: Page) -> None:
    keys: list[str] = []
    page.on("request", lambda request: keys.append(request.headers.get("idempotency-key", "")))
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Never Lost")
    page.context.route(CAPTURE, lambda route: route.abort("connectionrefused"))
    press(page)
    expect_ways_on(page)
    page.context.unroute(CAPTURE)

    expect(page).to_have_url(re.compile(r"/handoff/"), timeout=15_000)
    sent = [key for key in keys if key]
    assert len(sent) == 2
    assert len(set(sent)) == 1


def test_page_does_not_send_again_what_was_changed_meanwhile(stack: Stack, page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/api/v1/handoffs") else None)
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Never Lost")
    page.context.route(CAPTURE, lambda route: route.abort("connectionrefused"))
    press(page)
    expect_ways_on(page)
    page.context.unroute(CAPTURE)
    page.get_by_label("Your name").fill("Somebody Else")

    page.wait_for_timeout(7_000)
    assert len(sent) == 1
    expect(page.get_by_label("Your name")).to_have_value("Somebody Else")


def test_scripts_blocked_by_an_ad_blocker(stack: Stack, page: Page) -> None:
    page.context.route("**/*.js", lambda route: route.abort("blockedbyclient"))
    page.goto(stack.url("coastal-cuts"))
    fill_in(page, name="Blocked Script")
    send(page)
    expect(page.locator("main")).to_contain_text("Blocked Script")
    leave_by(page.get_by_test_id("handoff-cta"), "calendly.com")


def test_scripts_blocked_in_frame_mode_go_to_the_provider(stack: Stack, page: Page) -> None:
    page.context.route("**/*.js", lambda route: route.abort("blockedbyclient"))
    page.goto(stack.url("harbor-wellness"))
    fill_in(page, name="Blocked Script", service="Facial")
    send(page)
    leave_by(page.get_by_test_id("handoff-cta"), "harborwellness.as.me")


def test_styles_blocked_leave_a_page_that_works(stack: Stack, page: Page) -> None:
    page.context.route("**/*.css", lambda route: route.abort("blockedbyclient"))
    page.goto(stack.url("coastal-cuts"))
    fill_in(page, name="Blocked Style")
    send(page)


def test_cookies_and_storage_forbidden(stack: Stack, open_page: OpenBrowser) -> None:
    page = open_page()
    page.add_init_script(
        """for (const name of ["sessionStorage", "localStorage"]) {
            Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
        }"""
    )
    page.goto(stack.url("coastal-cuts"))
    fill_in(page, name="No Cookies")
    send(page)
    page.context.clear_cookies()
    page.reload()
    expect(page.locator("main")).not_to_contain_text("No Cookies")  # who asked cannot be told, so nothing is shown
    leave_by(page.get_by_test_id("handoff-cta"), "calendly.com")


def test_back_from_the_provider_can_go_on_again(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts"))
    fill_in(page, name="Back Again")
    send(page)
    page.go_back()
    expect(page.get_by_test_id("capture-form").locator("button[type=submit]")).to_be_enabled()
    page.go_forward()
    leave_by(page.get_by_test_id("handoff-cta"), "calendly.com")


def test_database_that_hangs_costs_no_lead(stack: Stack, page: Page, open_page: OpenBrowser) -> None:
    with frozen(Victim(stack.data_dir).postgres()):
        page.goto(stack.url("coastal-cuts"))
        fill_in(page, name="Kept On Disk")
        send(page)
        expect(page.locator("main")).to_contain_text("Kept On Disk")
        leave_by(page.get_by_test_id("handoff-cta"), "calendly.com")

    thawed = time.time()
    assert processes.wait_until(lambda: _is_stored(stack, since=thawed), 60)
    business = open_page(viewport={"width": 1280, "height": 900})
    log_in(business, stack, "coastal-cuts")
    row = business.get_by_test_id("handoff-row").filter(has_text="Kept On Disk")
    expect(row.get_by_test_id("status-badge")).to_contain_text("Redirected")


def _is_stored(stack: Stack, *, since: float) -> bool:
    """Whether the drainer has stored all that waited then; what is younger than three seconds it leaves alone."""
    said = json.loads((stack.data_dir / "state" / "journal" / "status.json").read_bytes())
    return bool(said["at"] > since + 4 and said["waiting"] == 0)
