"""What the form's script adds: it sends all the page knows, offers quick picks, and says what an answer means."""

import json
import re
from typing import Any

from playwright.sync_api import Page, Request, Route, expect

from e2e.stack import Stack
from e2e.steps import fill_in, send

CAPTURE = "**/api/v1/handoffs"
URL = "https://calendly.com/coastal-cuts-demo/elsewhere"


def press(page: Page) -> None:
    page.get_by_test_id("capture-form").locator("button[type=submit]").click()


def follow_sends(page: Page) -> list[Request]:
    """Return a list that grows by each try to send the form."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/api/v1/handoffs") else None)
    return sent


def play(page: Page, status: int, body: dict[str, Any]) -> None:
    """From now on this is the server's answer."""
    page.context.unroute(CAPTURE)

    def handle(route: Route) -> None:
        route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    page.context.route(CAPTURE, handle)


def test_script_sends_what_the_plain_form_would(stack: Stack, page: Page) -> None:
    sent = follow_sends(page)
    page.goto(stack.url("coastal-cuts", "/book?utm_source=flyer&gclid=g1&service=Beard%20trim"))
    fill_in(page, name="All Of It", service="Beard trim")
    page.get_by_label("Fill in my name and contact for me on Calendly").check()
    page.locator("[name=website]").evaluate("field => { field.value = 'a robot'; }")
    send(page)
    assert sent[0].post_data_json == {
        "requestedService": "Beard trim",
        "preferredDateTimeText": "Friday after 5",
        "customerName": "All Of It",
        "customerPhone": "772-555-0177",
        "sourcePage": "/book",
        "attribution": {"utm_source": "flyer", "gclid": "g1"},
        "shareDetailsWithProvider": True,
        "website": "a robot",
    }


def test_nothing_of_a_sent_wish_stays_in_the_browser(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Gone With It")
    assert "Gone With It" in page.evaluate("() => JSON.stringify(sessionStorage)")
    send(page)
    assert page.evaluate("() => sessionStorage.length") == 0
    page.goto(stack.url("coastal-cuts"))
    expect(page.get_by_label("Your name")).to_have_value("")


def test_quick_picks_write_the_words(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book?service=Haircut"))
    form = page.get_by_test_id("capture-form")
    time, service = page.get_by_label("When would suit you?"), page.get_by_label("What would you like?")
    form.get_by_role("button", name="Tomorrow").click()
    form.get_by_role("button", name="Morning").click()
    expect(time).to_have_value("Tomorrow morning")
    expect(form.get_by_role("button", name="Tomorrow")).to_have_attribute("aria-pressed", "true")
    expect(form.get_by_role("button", name="Today")).to_have_attribute("aria-pressed", "false")
    form.get_by_role("button", name="Tomorrow").click()
    expect(time).to_have_value("Morning")

    haircut, colour = form.get_by_role("button", name="Haircut"), form.get_by_role("button", name="Colour")
    expect(haircut).to_have_attribute("aria-pressed", "true")
    colour.press("Space")
    expect(service).to_have_value("Colour")
    expect(haircut).to_have_attribute("aria-pressed", "false")
    colour.click()
    expect(service).to_have_value("")

    page.get_by_label("Anything else?").fill("Four")
    expect(page.locator("[data-counter]")).to_have_text("4 / 1000")


def test_service_on_the_page_is_taken_into_the_form_below(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts"))
    link = page.locator(".menu").get_by_role("button", name="Colour")
    for _ in range(2):  # up there a second press takes nothing back
        link.click()
        expect(page.get_by_label("What would you like?")).to_have_value("Colour")
    expect(page.locator("#request-title")).to_be_focused()
    assert page.url == stack.url("coastal-cuts")
    below = page.get_by_test_id("capture-form").get_by_role("button", name="Haircut")
    below.press("Space")
    expect(page.get_by_label("What would you like?")).to_have_value("Haircut")
    expect(below).to_be_focused()  # whoever is in the form already stays where they are


def test_what_came_with_the_page_is_newer_than_the_draft(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Drafted", service="Haircut")
    page.goto(stack.url("coastal-cuts", "/book?service=Colour"))
    expect(page.get_by_label("Your name")).to_have_value("Drafted")
    expect(page.get_by_label("What would you like?")).to_have_value("Colour")


def test_either_contact_settles_the_complaint_about_both(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book"))
    press(page)
    expect(page.get_by_label("What would you like?")).to_be_focused()
    expect(page.get_by_test_id("field-error")).to_have_count(4)
    page.get_by_label("Email", exact=True).fill("a@b.example")
    expect(page.locator("#error-customerPhone")).to_have_count(0)
    expect(page.get_by_label("Phone", exact=True)).not_to_have_attribute("aria-invalid", "true")


def test_answer_about_no_field_is_told_above_them(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book?utm_source=flyer"))
    fill_in(page, name="Above All")
    errors = [{"field": "attribution.utm_source", "message": "<b>Too</b> long.", "code": "x"}]
    play(page, 422, {"errors": errors})
    press(page)
    summary = page.locator("#error-summary")
    expect(summary).to_be_visible()
    expect(summary.get_by_role("listitem")).to_have_text("<b>Too</b> long.")
    expect(summary).to_be_focused()
    page.context.unroute(CAPTURE)
    send(page)


def test_message_of_the_server_is_text(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="As Text")
    play(page, 422, {"errors": [{"field": "customerName", "message": "<b>No</b>", "code": "x"}]})
    press(page)
    expect(page.get_by_test_id("field-error")).to_have_text("<b>No</b>")
    expect(page.get_by_label("Your name")).to_have_attribute("aria-describedby", "error-customerName")
    expect(page.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")


def test_key_that_was_used_is_changed_and_the_words_go_out_again(stack: Stack, page: Page) -> None:
    sent = follow_sends(page)
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Another Key")
    used = {"errors": [{"field": "Idempotency-Key", "message": "Used.", "code": "idempotency_key_reused"}]}

    def refuse_once(route: Route) -> None:
        if len(sent) == 1:
            route.fulfill(status=422, content_type="application/json", body=json.dumps(used))
        else:
            route.fallback()

    page.context.route(CAPTURE, refuse_once)
    send(page)
    assert len({request.headers["idempotency-key"] for request in sent}) == len(sent) == 2


def test_refused_form_shows_the_link_of_the_answer_and_is_not_sent_again_by_itself(stack: Stack, page: Page) -> None:
    sent = follow_sends(page)
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Too Many")
    play(page, 429, {"booking": {"url": URL}})
    press(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("A lot is going on right now")
    expect(alert.get_by_role("link", name=re.compile("Continue to booking"))).to_have_attribute("href", URL)
    expect(alert.get_by_test_id("contact-cta")).to_be_visible()
    page.wait_for_timeout(6_000)
    assert len(sent) == 1


def test_page_that_comes_back_as_it_was_left_can_send_again(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Back From Memory")
    page.context.route(CAPTURE, lambda _route: None)  # left in the middle of sending
    press(page)
    button = page.get_by_test_id("capture-form").locator("button[type=submit]")
    expect(button).to_be_disabled()
    page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(button).to_be_enabled()
    expect(button).to_have_text("Continue")
