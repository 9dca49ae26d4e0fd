"""axe finds nothing on insights, settings, team and account, in both themes, on a phone and a desktop."""

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import log_in
from e2e.test_accessibility import SIZES, THEMES, check, open_for_axe

PAGES = {
    "/dashboard/insights": "Insights",
    "/dashboard/settings": "Settings",
    "/dashboard/settings?part=business": "Settings",
    "/dashboard/settings?part=general": "Settings",
    "/dashboard/team": "Team",
    "/dashboard/account": "Account",
}


def open_dashboard(open_page: OpenBrowser, stack: Stack, *, size: str, theme: str, who: str = "owner") -> Page:
    page = open_for_axe(open_page, size=size, theme=theme)
    log_in(page, stack, "harbor-wellness", who)
    return page


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_panel(size: str, theme: str, stack: Stack, open_page: OpenBrowser) -> None:
    page = open_dashboard(open_page, stack, size=size, theme=theme)
    for path, title in PAGES.items():
        page.goto(stack.url("harbor-wellness", path))
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        expect(page.locator(".panel:visible").first).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)
        for details in page.locator("details:visible").all():
            details.evaluate("each => { each.open = true; }")
        check(page)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_settings_with_errors_suggestions_and_lists_open(
    size: str, theme: str, stack: Stack, open_page: OpenBrowser
) -> None:
    page = open_dashboard(open_page, stack, size=size, theme=theme)
    page.goto(stack.url("harbor-wellness", "/dashboard/settings"))
    form = page.get_by_test_id("settings-form")
    form.get_by_label("Provider name").fill("Somebody else")
    expect(form.get_by_role("button", name="Call it Acuity")).to_be_visible()
    check(page)
    form.get_by_label("Address of your booking page").fill("http://nowhere")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.get_by_test_id("field-error")).to_be_visible()
    expect(form.get_by_role("button", name="Save", exact=True)).not_to_have_attribute("aria-busy", "true")
    check(page)
    page.get_by_role("link", name="General").click()
    page.get_by_role("combobox", name="Time zone").click()
    expect(page.get_by_role("option").first).to_be_visible()
    check(page)
    page.get_by_role("link", name="Business").click()
    page.get_by_role("button", name="Copy the hours of Monday").click()
    expect(page.get_by_role("menu")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Handoffs").click()
    expect(page.get_by_role("dialog", name="Leave without saving?")).to_be_visible()
    check(page)


@pytest.mark.parametrize("theme", THEMES)
def test_settings_that_two_people_changed(theme: str, stack: Stack, open_page: OpenBrowser) -> None:
    pages = [open_dashboard(open_page, stack, size="phone", theme=theme) for _ in range(2)]
    for number, page in enumerate(pages):
        page.goto(stack.url("harbor-wellness", "/dashboard/settings"))
        page.get_by_label("Note for visitors").fill(f"Written by {number} in {theme}")
    first, second = (page.get_by_test_id("settings-form") for page in pages)
    first.get_by_role("button", name="Save", exact=True).click()
    expect(pages[0].get_by_test_id("settings-saved")).to_be_visible()
    check(pages[0])
    second.get_by_role("button", name="Save", exact=True).click()
    expect(second.get_by_role("group", name="Changed by someone else")).to_be_focused()
    check(pages[1])
    second.get_by_role("button", name="Use theirs").click()
    expect(second.get_by_role("button", name="Bring mine back")).to_be_visible()
    check(pages[1])


@pytest.mark.parametrize("theme", THEMES)
def test_what_staff_see(theme: str, stack: Stack, open_page: OpenBrowser) -> None:
    page = open_dashboard(open_page, stack, size="phone", theme=theme, who="staff")
    for path, title in PAGES.items():
        page.goto(stack.url("harbor-wellness", path))
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)
        check(page)
