"""The chat: the same wish, said in sentences."""

import re

from playwright.sync_api import Page, expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import leave_by, log_in

MESSAGES = "**/api/v1/assistant/messages"


def tell(page: Page, text: str) -> str:
    """Say something and wait for the answer; returns it."""
    replies = page.get_by_test_id("assistant-message")
    before = replies.count()
    page.get_by_test_id("assistant-input").fill(text)
    page.get_by_test_id("assistant-send").click()
    expect(replies).to_have_count(before + 1)
    return replies.last.inner_text()


def test_sentences_end_at_the_provider(stack: Stack, page: Page, open_page: OpenBrowser) -> None:
    page.goto(stack.url("coastal-cuts", "/?utm_source=chatty"))
    tell(page, "Hi, I'm Chatty Maria, can I get highlights Friday after 5?")
    expect(page.get_by_label("What would you like?")).to_have_value("Highlights")  # the form fills in meanwhile
    assert "Saturday" in tell(page, "772-555-0177, no wait, Saturday")
    summary = page.get_by_test_id("assistant-message").last
    for shown in ("Chatty Maria", "Highlights", "(772) 555-0177"):
        expect(summary).to_contain_text(shown)
    page.get_by_role("button", name="Yes, go on").click()
    page.wait_for_url(re.compile(r"/handoff/[0-9a-f-]{36}$"))
    expect(page.locator("main")).to_contain_text("Chatty Maria")
    assert page.evaluate("() => sessionStorage.length") == 0  # the talk is not for whoever comes next
    leave_by(page.get_by_test_id("handoff-cta"), "calendly.com")

    owner = open_page()
    log_in(owner, stack, "coastal-cuts")
    row = owner.get_by_test_id("handoff-row").filter(has_text="Chatty Maria")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Saturday")


def test_nothing_of_it_is_loaded_before_it_is_wanted(stack: Stack, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(stack.url("coastal-cuts"))
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "assistant" in url]
    assert not [url for url in asked if "coastal-cuts.localhost" not in url]
    page.get_by_test_id("assistant-input").focus()
    page.wait_for_load_state("networkidle")
    assert len([url for url in asked if "assistant" in url]) == 1


def test_talk_survives_a_reload_and_can_start_over(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts"))
    tell(page, "a beard trim please")
    page.reload()
    expect(page.get_by_test_id("assistant-message")).to_have_count(2)
    expect(page.locator("#assistant")).to_contain_text("a beard trim please")
    assert "name" in tell(page, "tomorrow morning")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_test_id("assistant-message")).to_have_count(1)
    expect(page.get_by_label("What would you like?")).to_have_value("")


def test_failure_offers_the_link_and_the_contact_and_can_be_tried_again(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts"))
    page.context.route(MESSAGES, lambda route: route.abort())
    page.get_by_test_id("assistant-input").fill("a haircut tomorrow")
    page.get_by_test_id("assistant-input").press("Enter")
    card = page.get_by_test_id("assistant")
    expect(card.get_by_role("alert")).to_be_visible()
    direct = card.get_by_role("link", name="Continue to booking on Calendly")
    expect(direct).to_have_attribute("href", re.compile(r"^https://calendly\.com/coastal-cuts-demo/haircut"))
    expect(card.get_by_test_id("contact-cta")).to_be_visible()

    page.context.unroute(MESSAGES)
    card.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("assistant-message")).to_have_count(2)
    expect(card.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("When would suit you?")).to_have_value("tomorrow")


def test_chat_that_cannot_be_loaded_hands_the_words_to_the_form(stack: Stack, page: Page) -> None:
    page.context.route("**/assets/assistant-*.js", lambda route: route.abort("blockedbyclient"))
    page.goto(stack.url("coastal-cuts"))
    page.get_by_test_id("assistant-input").fill("A haircut for Ana on Friday")
    page.get_by_test_id("assistant-send").click()
    expect(page.get_by_label("Anything else?")).to_have_value("A haircut for Ana on Friday")
    expect(page.locator("#request-title")).to_be_in_viewport()


def test_a_yes_that_the_form_refuses_leads_to_the_field(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts"))
    tell(page, "I'm Half Way, a haircut on Friday, half@example.com")
    page.context.route(
        "**/api/v1/handoffs",
        lambda route: route.fulfill(
            status=422,
            content_type="application/problem+json",
            body='{"errors": [{"field": "customerEmail", "message": "Check the address.", "code": "x"}]}',
        ),
    )
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.get_by_test_id("field-error")).to_have_text("Check the address.")
    expect(page.get_by_label("Email", exact=True)).to_be_focused()

    page.context.unroute("**/api/v1/handoffs")
    page.get_by_test_id("assistant-input").fill("yes")
    page.get_by_test_id("assistant-send").click()
    page.wait_for_url(re.compile(r"/handoff/[0-9a-f-]{36}$"))


def test_keyboard_alone_and_focus_stays_in_the_chat(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts"))
    page.get_by_test_id("assistant-input").focus()
    page.keyboard.type("I'm Key Board, a haircut on Friday, key@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Yes, go on")).to_be_visible()
    expect(page.get_by_test_id("assistant-input")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Yes, go on")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/handoff/[0-9a-f-]{36}$"))


def test_spanish_is_spoken_to_who_speaks_it(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts"))
    assert "¿" in tell(page, "Hola, soy Lucía, quiero unas mechas el viernes por la tarde")
    expect(page.get_by_test_id("assistant-message").last).to_have_attribute("lang", "es")
    expect(page.get_by_label("What would you like?")).to_have_value("Highlights")


def test_without_its_scripts_the_message_is_kept_on_the_forms_page(stack: Stack, page: Page) -> None:
    page.context.route("**/assets/*.js", lambda route: route.abort("blockedbyclient"))
    page.goto(stack.url("coastal-cuts"))
    page.get_by_test_id("assistant-input").fill("A haircut for Ana on Friday")
    page.get_by_test_id("assistant-send").click()
    page.wait_for_url(stack.url("coastal-cuts", "/book"))
    expect(page.get_by_label("Anything else?")).to_have_value("A haircut for Ana on Friday")


def test_without_javascript_there_is_no_chat_but_the_form(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page(javascript=False)
    visitor.goto(stack.url("coastal-cuts"))
    expect(visitor.get_by_test_id("assistant")).to_be_hidden()
    expect(visitor.get_by_test_id("capture-form")).to_be_visible()
