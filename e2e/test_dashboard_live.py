"""New handoffs announce themselves while the list is open, and move nothing."""

from playwright.sync_api import Response, expect

from e2e.conftest import OpenBrowser
from e2e.dashboard import WIDE, ask_for_a_time, row_of, settle
from e2e.stack import Stack
from e2e.steps import fill_in, log_in, send

SHOP = "harbor-wellness"
NOTICE = "new-handoffs-notice"


def test_a_visitors_wish_is_announced_and_shown_when_wanted(stack: Stack, open_page: OpenBrowser) -> None:
    for number in range(12):
        ask_for_a_time(stack, SHOP, f"Earlier {number}")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)
    expect(row_of(page, "Earlier 11")).to_be_visible()
    page.mouse.wheel(0, 300)
    row = page.get_by_test_id("handoff-row").nth(6)
    before = row.bounding_box()

    visitor = open_page()
    visitor.goto(stack.url(SHOP, "/book"))
    fill_in(visitor, name="Just Arrived", service="Facial")
    handoff_id = send(visitor)
    expect(page.get_by_test_id(NOTICE)).to_have_text("1 new handoff", timeout=15_000)
    assert page.title().startswith("(1) ")
    assert row.bounding_box() == before
    expect(row_of(page, "Just Arrived")).to_have_count(0)

    page.get_by_test_id(NOTICE).click()
    expect(row_of(page, "Just Arrived")).to_be_in_viewport()
    expect(page.get_by_test_id(NOTICE)).to_have_count(0)

    stack.ask("POST", f"/go/{handoff_id}", host=f"{SHOP}.localhost")
    expect(row_of(page, "Just Arrived").get_by_test_id("status-badge")).to_have_text("Redirected", timeout=15_000)


def test_a_row_that_left_the_filters_says_so_where_it_stands(stack: Stack, open_page: OpenBrowser) -> None:
    handoff_id = ask_for_a_time(stack, SHOP, "Leaves New")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)
    page.get_by_test_id("status-filter").get_by_role("link", name="New").click()
    page.wait_for_url("**/dashboard?status=new")
    settle(page)
    expect(row_of(page, "Leaves New")).to_be_visible()
    stack.ask("POST", f"/go/{handoff_id}", host=f"{SHOP}.localhost")
    expect(row_of(page, "Leaves New").get_by_test_id("status-badge")).to_have_text("Redirected", timeout=15_000)


def test_quiet_times_cost_a_304_and_failures_are_asked_about_less_often(stack: Stack, open_page: OpenBrowser) -> None:
    page = open_page(viewport=WIDE)
    log_in(page, stack, "sunrise-auto")
    answers: list[int] = []

    def note(response: Response) -> None:
        if "/api/v1/handoffs" in response.url:
            answers.append(response.status)

    page.on("response", note)
    settle(page)
    page.wait_for_timeout(6_500)
    assert 304 in answers

    page.context.route("**/api/v1/handoffs**", lambda route: route.fulfill(status=500, json={"detail": "x"}))
    answers.clear()
    page.wait_for_timeout(17_000)
    assert 1 <= answers.count(500) <= 3  # at 5 s, then 10 s later, not every 5 s
    page.context.unroute("**/api/v1/handoffs**")
    ask_for_a_time(stack, "sunrise-auto", "After The Storm")
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_test_id(NOTICE)).to_be_visible()
