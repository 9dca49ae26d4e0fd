"""The pipeline: filters that are addresses, changes that show at once, and what it says when there is nothing."""

import re

from playwright.sync_api import Page, Route, expect

from e2e.conftest import OpenBrowser
from e2e.dashboard import WIDE, ask_for_a_time, row_of, search, settle
from e2e.stack import Stack
from e2e.steps import log_in

SHOP = "coastal-cuts"


def test_filters_are_the_address_and_the_way_back(stack: Stack, open_page: OpenBrowser) -> None:
    kept = ask_for_a_time(stack, SHOP, "Filter Ana", requestedService="Colour")
    ask_for_a_time(stack, SHOP, "Filter Bo")
    stack.ask("POST", f"/go/{kept}", host=f"{SHOP}.localhost")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)

    search(page, "Filter")
    expect(page.get_by_test_id("handoff-row")).to_have_count(2)
    page.get_by_test_id("status-filter").get_by_role("link", name="Redirected").click()
    expect(page.get_by_test_id("handoff-row")).to_have_count(1)
    expect(page.get_by_test_id("status-filter").get_by_role("link", name="New")).to_contain_text("1")
    page.get_by_label("Service", exact=True).select_option("Colour")
    page.get_by_label("Days", exact=True).select_option("Last 7 days")
    expect(page).to_have_url(re.compile(r"\?status=redirected&q=Filter&service=Colour&from=20\d\d-\d\d-\d\d$"))

    address = page.url
    shared = open_page(viewport=WIDE)
    log_in(shared, stack, SHOP, who="staff")
    shared.goto(address)
    expect(shared.get_by_test_id("handoff-row")).to_have_count(1)
    expect(shared.get_by_label("Service", exact=True)).to_have_value("Colour")
    expect(shared.get_by_label("Search by name")).to_have_value("Filter")

    for _ in range(3):
        page.go_back()
    expect(page).to_have_url(stack.url(SHOP, "/dashboard?q=Filter"))
    expect(page.get_by_test_id("handoff-row")).to_have_count(2)
    page.go_back()
    expect(page.get_by_label("Search by name")).to_have_value("")
    page.go_forward()
    expect(page.get_by_label("Search by name")).to_have_value("Filter")
    expect(page.get_by_test_id("handoff-row")).to_have_count(2)


def test_a_late_answer_to_an_older_search_is_dropped(stack: Stack, open_page: OpenBrowser) -> None:
    ask_for_a_time(stack, SHOP, "Stale First")
    ask_for_a_time(stack, SHOP, "Stale Second")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)
    late: list[Route] = []

    def keep(route: Route) -> None:
        late.append(route)

    page.context.route(re.compile(r"handoffs\?q=Stale\+F"), keep)

    page.get_by_label("Search by name").fill("Stale F")
    page.wait_for_url("**/dashboard?q=Stale+F")
    search(page, "Stale S")
    expect(row_of(page, "Stale Second")).to_be_visible()
    late[0].abort()
    page.wait_for_timeout(300)
    expect(page.get_by_test_id("handoff-row")).to_have_count(1)


def test_completed_shows_at_once_and_one_press_takes_it_back(stack: Stack, open_page: OpenBrowser) -> None:
    handoff_id = ask_for_a_time(stack, SHOP, "Undo Me")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP, who="staff")
    search(page, "Undo Me")
    waiting: list[Route] = []

    def keep(route: Route) -> None:
        waiting.append(route)

    page.context.route("**/complete", keep)

    row_of(page, "Undo Me").get_by_test_id("mark-completed").click()
    expect(row_of(page, "Undo Me").get_by_test_id("status-badge")).to_have_text("Completed")  # before any answer
    waiting[0].continue_()
    page.get_by_test_id("undo").click()
    expect(row_of(page, "Undo Me").get_by_test_id("status-badge")).to_have_text("New")
    expect(row_of(page, "Undo Me").get_by_test_id("mark-completed")).to_be_visible()

    page.goto(stack.url(SHOP, f"/dashboard/handoffs/{handoff_id}"))
    expect(page.get_by_test_id("timeline").get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_test_id("timeline")).to_contain_text("Reopened")


def test_a_change_that_is_refused_is_rolled_back(stack: Stack, open_page: OpenBrowser) -> None:
    ask_for_a_time(stack, SHOP, "Roll Back")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)
    search(page, "Roll Back")
    page.context.route("**/complete", lambda route: route.fulfill(status=503, json={"detail": "x"}))

    row_of(page, "Roll Back").get_by_test_id("mark-completed").click()
    expect(page.get_by_text("Roll Back was not changed.")).to_be_visible()
    expect(row_of(page, "Roll Back").get_by_test_id("status-badge")).to_have_text("New")


def test_booking_link_is_copied_from_the_row(stack: Stack, open_page: OpenBrowser) -> None:
    handoff_id = ask_for_a_time(stack, SHOP, "Copy Link")
    page = open_page(viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    log_in(page, stack, SHOP)
    row_of(page, "Copy Link").get_by_test_id("copy-booking-link").click()
    expect(page.get_by_text("booking link is copied")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("https://calendly.com/coastal-cuts-demo/haircut?")
    assert f"tca_ref={handoff_id}" in copied


def test_older_rows_follow_while_new_ones_arrive(stack: Stack, open_page: OpenBrowser) -> None:
    for number in range(55):
        ask_for_a_time(stack, SHOP, f"Paged {number:02}")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)
    search(page, "Paged")
    expect(page.get_by_test_id("handoff-row")).to_have_count(50)
    ask_for_a_time(stack, SHOP, "Paged while reading")
    page.get_by_test_id("load-more").click()
    expect(page.get_by_test_id("handoff-row")).to_have_count(55)
    names = [text.strip() for text in page.locator(".row-link").all_text_contents()]
    assert names == [f"Paged {number:02}" for number in reversed(range(55))]
    page.get_by_test_id("new-handoffs-notice").click()
    expect(page.get_by_test_id("handoff-row")).to_have_count(56)


def test_what_it_says_when_there_is_nothing(every_industry: Stack, open_page: OpenBrowser) -> None:
    page = open_page()
    log_in(page, every_industry, "tutoring")
    expect(page.get_by_role("heading", name="No handoffs yet")).to_be_visible()
    expect(page.get_by_role("link", name="See the page")).to_have_attribute(
        "href", every_industry.url("tutoring", "/book")
    )
    page.goto(every_industry.url("tutoring", "/dashboard?q=nobody"))
    expect(page.get_by_role("heading", name="No handoff matches")).to_be_visible()
    page.get_by_role("link", name="Clear all filters").click()
    expect(page.get_by_role("heading", name="No handoffs yet")).to_be_visible()


def test_what_it_says_when_the_server_is_away(stack: Stack, open_page: OpenBrowser) -> None:
    ask_for_a_time(stack, SHOP, "Comes Later")
    page = open_page()
    page.context.route("**/api/v1/handoffs?**", lambda route: route.fulfill(status=503, json={"detail": "x"}))
    page.context.route("**/api/v1/handoffs", lambda route: route.fulfill(status=503, json={"detail": "x"}))
    log_in(page, stack, SHOP)
    expect(page.get_by_role("alert")).to_contain_text("went wrong on our side")
    page.context.unroute("**/api/v1/handoffs")
    page.get_by_role("button", name="Try again").click()
    expect(row_of(page, "Comes Later")).to_be_visible()

    page.context.set_offline(True)
    expect(page.get_by_text("You are offline")).to_be_visible()
    expect(row_of(page, "Comes Later")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline")).to_have_count(0)


def test_session_that_ended_leads_to_the_login_and_back(stack: Stack, open_page: OpenBrowser) -> None:
    page = open_page()
    log_in(page, stack, SHOP)
    settle(page)
    page.context.clear_cookies()
    page.get_by_test_id("status-filter").get_by_role("link", name="New").click()
    expect(page).to_have_url(stack.url(SHOP, "/login?next=%2Fdashboard%3Fstatus%3Dnew"))
    page.locator("[name=email]").fill(f"owner@{SHOP}.example")
    page.locator("[name=password]").fill("handoff-demo")
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(stack.url(SHOP, "/dashboard?status=new"))


def test_every_row_has_each_mark_once_on_phone_and_desktop(stack: Stack, open_page: OpenBrowser) -> None:
    ask_for_a_time(stack, SHOP, "Marked Once")
    page = open_page()
    log_in(page, stack, SHOP)
    search(page, "Marked Once")
    row = row_of(page, "Marked Once")
    for size in ({"width": 360, "height": 740}, {"width": 800, "height": 900}, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # two ints
        expect(row).to_have_count(1)
        for mark in ("status-badge", "copy-booking-link", "mark-completed"):
            expect(row.get_by_test_id(mark)).to_have_count(1)
            expect(row.get_by_test_id(mark)).to_be_visible()
        for text in ("Marked Once", "(772) 555-0177", "Haircut", "Friday after 5", "New"):
            expect(row.get_by_text(text, exact=True)).to_be_visible()


def test_keyboard_goes_from_row_to_row_and_back_again(stack: Stack, open_page: OpenBrowser) -> None:
    for name in ("Key One", "Key Two"):
        ask_for_a_time(stack, SHOP, name)
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)
    search(page, "Key ")
    page.locator("h1").focus()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Key One")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Key Two", level=1)).to_be_focused()
    _no_script_errors(page)
    page.get_by_role("link", name="All handoffs").press("Enter")
    expect(page).to_have_url(re.compile(r"/dashboard\?q=Key$"))
    page.keyboard.press("/")
    expect(page.get_by_label("Search by name")).to_be_focused()


def _no_script_errors(page: Page) -> None:
    expect(page.get_by_text("This page stopped working")).to_have_count(0)


def test_a_press_with_a_key_held_is_the_browsers_own(stack: Stack, open_page: OpenBrowser) -> None:
    ask_for_a_time(stack, SHOP, "Opened Beside")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)
    link = row_of(page, "Opened Beside").get_by_role("link").first
    link.click(modifiers=["ControlOrMeta"])
    page.wait_for_timeout(500)
    assert page.url == stack.url(SHOP, "/dashboard")
    expect(row_of(page, "Opened Beside").first).to_be_visible()
