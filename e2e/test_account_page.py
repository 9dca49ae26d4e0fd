"""Your own account: a new password, and logging out elsewhere."""

import re

from playwright.sync_api import expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import PASSWORD, log_in

DESKTOP = {"width": 1280, "height": 900}
LOGIN = re.compile(r"/login\?next=")


def test_new_password_ends_the_other_sessions(every_industry: Stack, open_page: OpenBrowser) -> None:
    here, there = open_page(viewport=DESKTOP), open_page()
    for each in (here, there):
        log_in(each, every_industry, "tutoring", "staff")
    here.goto(every_industry.url("tutoring", "/dashboard/account"))
    expect(here.get_by_text("staff@tutoring.example").last).to_be_visible()
    current, new = (here.get_by_label(label) for label in ("Current password", "New password"))
    current.fill("something else")
    new.fill("seven quiet harbours")
    here.get_by_role("button", name="Change the password").click()
    expect(current).to_be_focused()
    expect(current).to_have_attribute("aria-invalid", "true")
    expect(here.get_by_test_id("field-error")).to_have_count(1)

    current.fill(PASSWORD)
    here.get_by_role("button", name="Change the password").click()
    expect(here.get_by_test_id("password-saved")).to_be_visible()
    here.reload()
    expect(here.get_by_role("heading", name="Account")).to_be_visible()
    there.reload()
    there.wait_for_url(LOGIN)
    there.locator("[name=email]").fill("staff@tutoring.example")
    there.locator("[name=password]").fill("seven quiet harbours")
    there.locator("form:has([name=password]) button[type=submit]").click()
    there.wait_for_url("**/dashboard")


def test_sessions_are_ended_one_by_one_and_all_at_once(every_industry: Stack, open_page: OpenBrowser) -> None:
    pages = [open_page(viewport=DESKTOP) for _ in range(4)]
    for each in pages:
        log_in(each, every_industry, "photography", "staff")
    here, *others = pages
    here.goto(every_industry.url("photography", "/dashboard/account"))
    rows = here.get_by_test_id("session-row")
    expect(rows).to_have_count(4)
    expect(rows.filter(has_text="This one")).to_have_count(1)
    expect(rows.filter(has_text="This one").get_by_role("button")).to_have_count(0)

    rows.filter(has_not_text="This one").first.get_by_role("button").click()
    expect(rows).to_have_count(3)
    here.get_by_role("button", name="Log out everywhere else").click()
    here.get_by_role("dialog").get_by_role("button", name="Log out everywhere else").click()
    expect(rows).to_have_count(1)
    for each in others:
        each.reload()
        each.wait_for_url(LOGIN)
    here.reload()
    expect(rows).to_have_count(1)


def test_logging_out_by_the_account_page(every_industry: Stack, open_page: OpenBrowser) -> None:
    page = open_page(viewport=DESKTOP)
    log_in(page, every_industry, "restaurant", "staff")
    page.goto(every_industry.url("restaurant", "/dashboard/account"))
    page.get_by_role("main").get_by_role("button", name="Log out", exact=True).click()
    page.wait_for_url("**/login*")
    page.goto(every_industry.url("restaurant", "/dashboard"))
    page.wait_for_url(LOGIN)
