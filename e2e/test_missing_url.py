"""A business whose booking link is not set: the visitor is told what happens next, and the lead is kept."""

from playwright.sync_api import expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import fill_in, log_in, send


def test_visitor_of_a_business_without_a_link_is_looked_after(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page()
    visitor.goto(stack.url("sunrise-auto"))
    expect(visitor.get_by_test_id("booking-unavailable")).to_be_visible()
    expect(visitor.get_by_test_id("contact-cta").get_by_role("link", name="Call")).to_have_attribute(
        "href", "tel:+17725550163"
    )
    fill_in(visitor, name="No Link", service="Full detail")
    send(visitor)
    expect(visitor.get_by_test_id("handoff-cta")).to_have_count(0)
    expect(visitor.get_by_test_id("contact-cta")).to_be_visible()
    expect(visitor.locator("main")).to_contain_text("will get in touch")

    owner = open_page()
    log_in(owner, stack, "sunrise-auto")
    row = owner.get_by_test_id("handoff-row").filter(has_text="No Link")
    expect(row.get_by_test_id("status-badge")).to_contain_text("New")
