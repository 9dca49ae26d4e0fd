"""Insights in the dashboard: the figures of what visitors did, as charts, tables and files."""

import csv
import io
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.stack import Stack
from e2e.steps import log_in

SUBDOMAIN = "home-services"


def capture(stack: Stack, *, service: str, click: bool = False, **more: Any) -> str:
    """A visitor asks for a time, and perhaps goes on to the booking page; returns the handoff's id."""
    host = f"{SUBDOMAIN}.localhost"
    lead = {
        "customerName": "Figure",
        "customerPhone": "772-555-0177",
        "requestedService": service,
        "preferredDateTimeText": "Friday",
    } | more
    made = stack.ask("POST", "/api/v1/handoffs", host=host, json_body=lead)
    assert made.status == 201
    if click:
        assert stack.ask("POST", f"/go/{made.body['id']}", host=host).status == 303
    return str(made.body["id"])


@pytest.fixture(scope="module")
def busy(every_industry: Stack) -> Stack:
    """A business that five people asked; two went on, one of them through a campaign."""
    capture(every_industry, service="Plumbing", click=True, sourcePage="/", attribution={"utm_campaign": "spring"})
    capture(every_industry, service="Plumbing", click=True, sourcePage="/")
    capture(every_industry, service="Plumbing", sourcePage="/prices")
    capture(every_industry, service="Electrical")
    capture(every_industry, service="Estimate")
    return every_industry


def open_insights(page: Page, stack: Stack, query: str = "") -> None:
    log_in(page, stack, SUBDOMAIN, "staff")
    page.goto(stack.url(SUBDOMAIN, f"/dashboard/insights{query}"))
    expect(page.get_by_role("heading", name="Insights", level=1)).to_be_visible()


def panel(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def read_rows(table: Locator) -> list[list[str]]:
    """What a table says, row by row, blanks put together."""
    rows = [row.get_by_role("cell").or_(row.get_by_role("rowheader")).all() for row in table.get_by_role("row").all()]
    return [[re.sub(r"\s+", " ", cell.inner_text()).strip() for cell in row] for row in rows if row]


def test_figures_are_those_of_the_visitors(busy: Stack, page: Page) -> None:
    open_insights(page, busy)
    funnel = panel(page, "From request to booking page").get_by_role("listitem")
    expect(funnel.nth(0)).to_contain_text("5")
    expect(funnel.nth(1)).to_contain_text("240%")
    expect(funnel.nth(2)).to_contain_text("00%")

    services = panel(page, "By service")
    assert read_rows(services.get_by_role("table")) == [
        ["Plumbing", "3", "2 66.7%", "0 0%", "0 0%"],
        ["Electrical", "1", "0 0%", "0 0%", "0 0%"],
        ["Estimate", "1", "0 0%", "0 0%", "0 0%"],
    ]
    assert [row[:2] for row in read_rows(panel(page, "By page").get_by_role("table"))] == [
        ["Not known", "2"],
        ["/", "2"],
        ["/prices", "1"],
    ]
    assert [row[:2] for row in read_rows(panel(page, "By campaign").get_by_role("table"))] == [
        ["No campaign", "4"],
        ["spring", "1"],
    ]

    over_time = panel(page, "Over time")
    expect(over_time.get_by_role("img", name=re.compile("^Line chart of requests by day"))).to_be_visible()
    expect(over_time.locator("canvas")).to_be_visible()
    over_time.get_by_text("Show as a table").click()
    rows = read_rows(over_time.get_by_role("table"))
    assert len(rows) == 30
    assert rows[-1][1:] == ["5", "2", "0", "0"]

    for title, count in (("By weekday", 7), ("By hour of the day", 24)):
        each = panel(page, title)
        expect(each.get_by_role("img", name=re.compile("^Column chart"))).to_be_visible()
        each.get_by_text("Show as a table").click()
        rows = read_rows(each.get_by_role("table"))
        assert len(rows) == count
        assert sum(int(row[1]) for row in rows) == 5
        assert sum(int(row[2]) for row in rows) == 2
    expect(panel(page, "Time from request to click")).to_contain_text("Half clicked within")


def test_panel_is_a_file_of_the_same_days(busy: Stack, page: Page) -> None:
    open_insights(page, busy, "?range=7")
    with page.expect_download() as download:
        panel(page, "By service").get_by_role("link", name="CSV").click()
    assert re.fullmatch(rf"{SUBDOMAIN}-breakdown.*\.csv", download.value.suggested_filename)
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert [row[:2] for row in rows[1:]] == [["Plumbing", "3"], ["Electrical", "1"], ["Estimate", "1"]]


def test_days_stand_in_the_address(busy: Stack, page: Page) -> None:
    open_insights(page, busy)
    page.get_by_role("radio", name="90 days").check()
    page.wait_for_url(re.compile(r"\?range=90$"))
    page.get_by_role("radio", name="Custom").check()
    page.get_by_label("From", exact=True).fill("2020-03-01")
    page.get_by_label("To", exact=True).fill("2020-02-01")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_test_id("field-error")).to_have_text("The last day must not be before the first.")
    expect(page.get_by_label("To", exact=True)).to_be_focused()
    page.get_by_label("To", exact=True).fill("2020-03-31")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url(re.compile(r"\?from=2020-03-01&to=2020-03-31$"))
    expect(page.get_by_text("No requests on these days.")).to_have_count(1)
    expect(page.locator(".panel")).to_have_count(1)  # what was not asked has no services, pages and hours
    page.go_back()
    page.wait_for_url(re.compile(r"\?range=90$"))
    expect(page.get_by_role("radio", name="90 days")).to_be_checked()
    expect(panel(page, "By service").get_by_role("table")).to_be_visible()


def test_panel_that_fails_leaves_the_others_and_is_tried_again(busy: Stack, page: Page) -> None:
    page.context.route("**/api/v1/insights/timeline*", lambda route: route.fulfill(status=500, body="{}"))
    open_insights(page, busy)
    failed = panel(page, "Over time")
    expect(failed.get_by_role("alert")).to_contain_text("Something went wrong on our side.")
    expect(panel(page, "By service").get_by_role("table")).to_be_visible()
    page.context.unroute("**/api/v1/insights/timeline*")
    failed.get_by_role("button", name="Try again").click()
    expect(failed.locator("canvas")).to_be_visible()


def test_charts_come_with_their_page_alone(busy: Stack, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    log_in(page, busy, SUBDOMAIN, "staff")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "/assets/insights" in url]
    page.goto(busy.url(SUBDOMAIN, "/dashboard/insights"))
    expect(panel(page, "Over time").locator("canvas")).to_be_visible()
    assert [url for url in asked if "/assets/insights" in url]
