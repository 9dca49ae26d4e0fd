"""The same way with JavaScript off."""

from playwright.sync_api import expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import fill_in, leave_by, log_in, send


def test_visitor_without_javascript_reaches_the_provider(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page(javascript=False)
    visitor.goto(stack.url("coastal-cuts"))
    fill_in(visitor, name="No Script")
    handoff_id = send(visitor)
    expect(visitor.locator("main")).to_contain_text("No Script")
    assert f"tca_ref={handoff_id}" in leave_by(visitor.get_by_test_id("handoff-cta"), "calendly.com")

    staff = open_page()
    log_in(staff, stack, "coastal-cuts", who="staff")
    row = staff.get_by_test_id("handoff-row").filter(has_text="No Script")
    expect(row.get_by_test_id("status-badge")).to_contain_text("Redirected")


def test_business_without_javascript_is_told_what_to_do(stack: Stack, open_page: OpenBrowser) -> None:
    owner = open_page(javascript=False)
    log_in(owner, stack, "coastal-cuts")
    expect(owner.get_by_role("heading", name="The dashboard needs JavaScript")).to_be_visible()
    expect(owner.locator("main")).to_contain_text("Turn JavaScript on for this site")


def test_errors_without_javascript_keep_the_input(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page(javascript=False)
    visitor.goto(stack.url("coastal-cuts", "/book"))
    fill_in(visitor, name="Half Way")
    visitor.get_by_label("Phone", exact=True).fill("12")
    visitor.get_by_test_id("capture-form").locator("button[type=submit]").click()

    expect(visitor.locator("#error-customerPhone")).to_be_visible()
    expect(visitor.get_by_label("Your name")).to_have_value("Half Way")
    expect(visitor.get_by_label("When would suit you?")).to_have_value("Friday after 5")
