"""axe finds nothing on any page, in both themes and languages, on a phone and a desktop; the keyboard is enough."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import OpenBrowser
from e2e.dashboard import ask_for_a_time, row_of, search
from e2e.stack import INDUSTRIES, ROOT, Stack
from e2e.steps import fill_in, log_in, send

AXE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}
THEMES = ("light", "dark")
LINK = "/notifications/unsubscribe/of-nobody"


def find_violations(page: Page) -> list[str]:
    """Return what axe finds, each with the places; best practices included."""
    result: Any = page.evaluate("() => window.axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def check(page: Page) -> None:
    """Assert that axe finds nothing and that nothing is wider than the screen."""
    page.wait_for_load_state()
    assert find_violations(page) == [], page.url
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), page.url


def test_axe_would_say_so(open_page: OpenBrowser, stack: Stack) -> None:
    page = open_for_axe(open_page, size="phone", theme="light")
    page.goto(stack.url("coastal-cuts", "/book"))
    page.locator("#customerName").evaluate("field => field.labels[0].remove()")
    page.locator("h1").evaluate("heading => { heading.style.color = '#ccc'; }")
    assert {text.split(":")[0] for text in find_violations(page)} == {"label", "color-contrast"}


def open_for_axe(open_page: OpenBrowser, *, size: str, theme: str, language: str = "en") -> Page:
    """Open a browser of that size and theme, which has axe in every page."""
    page = open_page(
        viewport=SIZES[size], color_scheme=theme, locale=language, reduced_motion="reduce", bypass_csp=True
    )
    page.add_init_script(AXE)
    return page


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_the_visitors_way(
    size: str, theme: str, language: str, stack: Stack, open_page: OpenBrowser
) -> None:
    page = open_for_axe(open_page, size=size, theme=theme, language=language)
    for subdomain in ("coastal-cuts", "sunrise-auto"):
        for path in (
            "/",
            "/book",
            "/book?embed=1",
            "/nothing-here",
            "/handoff/0199f0f0-0000-7000-8000-00000000abcd",
            LINK,
        ):
            page.goto(stack.url(subdomain, path))
            check(page)
        page.goto(stack.url(subdomain, "/book"))
        submit = page.get_by_test_id("capture-form").locator("button[type=submit]")
        submit.click()
        expect(page.get_by_test_id("field-error")).to_have_count(4)
        check(page)
        page.locator("#requestedService").fill("Something")
        page.locator("#preferredDateTimeText").fill("Friday")
        page.locator("#customerName").fill("Axe")
        page.locator("#customerPhone").fill("772-555-0177")
        page.context.route("**/api/v1/handoffs", lambda route: route.abort())
        submit.click()
        expect(page.get_by_role("alert")).to_be_visible()
        check(page)
        page.context.unroute("**/api/v1/handoffs")
        submit.click()
        page.wait_for_url("**/handoff/*")
        check(page)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_the_chat_and_the_frame(size: str, theme: str, stack: Stack, open_page: OpenBrowser) -> None:
    page = open_for_axe(open_page, size=size, theme=theme)
    page.goto(stack.url("harbor-wellness"))
    page.get_by_test_id("assistant-input").fill("A facial on Friday, I'm Axe, axe@example.com")
    page.get_by_test_id("assistant-send").click()
    yes = page.get_by_role("button", name="Yes, go on")
    expect(yes).to_be_visible()
    check(page)
    page.context.route("**/api/v1/assistant/messages", lambda route: route.abort())
    page.get_by_test_id("assistant-input").fill("hello?")
    page.get_by_test_id("assistant-send").click()
    expect(page.get_by_test_id("assistant").get_by_role("alert")).to_be_visible()
    check(page)
    fill_in(page, name="Axe", service="Facial")
    send(page)
    page.get_by_test_id("handoff-cta").click()
    expect(page.get_by_test_id("booking-frame")).to_be_visible()
    check(page)
    page.context.unroute("**/api/v1/assistant/messages")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_industrys_page(size: str, theme: str, every_industry: Stack, open_page: OpenBrowser) -> None:
    page = open_for_axe(open_page, size=size, theme=theme)
    for industry in INDUSTRIES:
        page.goto(every_industry.url(industry))
        expect(page.get_by_test_id("assistant-message")).to_have_count(1)
        expect(page.get_by_test_id("capture-form")).to_be_visible()
        check(page)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_the_pages_before_the_login(size: str, theme: str, stack: Stack, open_page: OpenBrowser) -> None:
    page = open_for_axe(open_page, size=size, theme=theme)
    page.goto(f"http://localhost:{stack.port}/")
    check(page)
    page.goto(stack.url("coastal-cuts", "/login"))
    check(page)
    page.get_by_role("link", name="Forgot your password?").click()
    check(page)
    page.get_by_label("Email").fill("nobody@coastal-cuts.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status")).to_be_visible()
    check(page)
    page.goto(stack.url("coastal-cuts", "/set-password/spent"))
    check(page)


def test_the_page_on_which_a_password_is_chosen(stack: Stack, open_page: OpenBrowser) -> None:
    page = open_for_axe(open_page, size="phone", theme="dark")
    made = stack.manage(
        "create_tenant", "--name", "Axe Nails", "--subdomain", "axe-nails", "--owner-email", "owner@axe-nails.example"
    )
    page.goto(stack.url("axe-nails", re.search(r"/set-password/\S+", made)[0]))  # type: ignore[index]  # it is there
    check(page)
    page.locator("[name=password]").fill("short")
    page.locator("button[type=submit]").last.click()
    check(page)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_the_dashboard_in_all_its_states(size: str, theme: str, every_industry: Stack, open_page: OpenBrowser) -> None:
    stack = every_industry
    page = open_for_axe(open_page, size=size, theme=theme)
    log_in(page, stack, "restaurant")
    expect(page.get_by_role("heading", name="No handoffs yet")).to_be_visible()
    check(page)
    handoff_id = ask_for_a_time(stack, "coastal-cuts", "Axe Row", notes="A note", sourcePage="/book")
    page.context.clear_cookies()
    log_in(page, stack, "coastal-cuts")
    row = row_of(page, "Axe Row").first
    expect(row).to_be_visible()
    check(page)
    row.get_by_test_id("mark-completed").click()
    expect(page.get_by_test_id("undo")).to_be_visible()
    row.get_by_role("button", name="More for").click()
    check(page)
    page.get_by_role("menuitem", name="Erase").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    ask_for_a_time(stack, "coastal-cuts", "Axe Later")
    expect(page.get_by_test_id("new-handoffs-notice")).to_be_visible(timeout=15_000)
    if size == "phone":
        page.get_by_role("button", name="Filters").click()
    page.get_by_label("Days", exact=True).select_option("From … to …")
    search(page, "nobody has this name")
    check(page)
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline")).to_be_visible()
    check(page)
    page.context.set_offline(False)
    page.goto(stack.url("coastal-cuts", f"/dashboard/handoffs/{handoff_id}"))
    expect(page.get_by_test_id("timeline").get_by_role("listitem")).to_have_count(2)
    check(page)
    page.goto(stack.url("coastal-cuts", "/dashboard/handoffs/abc"))
    expect(page.get_by_role("heading", name="There is no such handoff")).to_be_visible()
    check(page)
    page.context.route("**/api/v1/handoffs**", lambda route: route.fulfill(status=500, json={"detail": "x"}))
    page.goto(stack.url("coastal-cuts", "/dashboard"))
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    check(page)


def test_the_whole_way_by_keyboard_alone(stack: Stack, page: Page) -> None:
    page.goto(stack.url("coastal-cuts", "/book"))
    words = {
        "requestedService": "Haircut",
        "preferredDateTimeText": "Friday after 5",
        "customerName": "Key Board",
        "customerPhone": "772-555-0177",
    }
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("() => document.activeElement.getAttribute('name') || document.activeElement.type")
        if name in words:
            page.keyboard.type(words.pop(name))
        elif name == "submit" and not words:
            break
    assert words == {}
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/handoff/[0-9a-f-]{36}$"))
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.dataset.testid") == "handoff-cta":
            break
    with page.expect_request(re.compile(r"^https://calendly\.com/")):
        page.keyboard.press("Enter")


@pytest.mark.parametrize("width", [640, 320])
def test_pages_reflow_at_two_and_four_hundred_percent(width: int, stack: Stack, open_page: OpenBrowser) -> None:
    """1280 CSS pixels at 200 % and 400 % are 640 and 320 (WCAG 1.4.10)."""
    page = open_page(viewport={"width": width, "height": 400}, device_scale_factor=2)
    for path in ("/", "/book"):
        page.goto(stack.url("coastal-cuts", path))
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    fill_in(page, name="Zoomed In")
    send(page)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    cta = page.get_by_test_id("handoff-cta")
    cta.scroll_into_view_if_needed()
    expect(cta).to_be_in_viewport(ratio=1)


def test_services_are_not_broken_within_a_word_beside_the_form(stack: Stack, open_page: OpenBrowser) -> None:
    page = open_page(viewport={"width": 1440, "height": 900})
    page.goto(stack.url("harbor-wellness", "/"))
    services = page.locator(".menu a span")
    heights = services.evaluate_all("spans => spans.map((span) => span.getBoundingClientRect().height)")
    assert len(heights) == 5
    assert len(set(heights)) == 1


@pytest.mark.parametrize("width", [640, 320])
def test_dashboard_reflows_at_two_and_four_hundred_percent(width: int, stack: Stack, open_page: OpenBrowser) -> None:
    handoff_id = ask_for_a_time(stack, "coastal-cuts", "Zoomed In", notes="x" * 300, sourcePage="/" + "long" * 60)
    page = open_page(viewport={"width": width, "height": 400}, device_scale_factor=2)
    log_in(page, stack, "coastal-cuts")
    complete = row_of(page, "Zoomed In").first.get_by_test_id("mark-completed")
    complete.scroll_into_view_if_needed()
    expect(complete).to_be_in_viewport(ratio=0.95)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.goto(stack.url("coastal-cuts", f"/dashboard/handoffs/{handoff_id}"))
    expect(page.get_by_test_id("timeline")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
