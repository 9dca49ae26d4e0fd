"""A visitor asks, goes on to the provider, and the business sees it and marks it completed."""

from playwright.sync_api import expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import fill_in, leave_by, log_in, send


def test_visitor_reaches_the_provider_and_the_business_follows(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page()
    visitor.goto(stack.url("coastal-cuts", "/?utm_source=instagram"))
    fill_in(visitor, name="Happy Path")
    handoff_id = send(visitor)

    owner = open_page()
    log_in(owner, stack, "coastal-cuts")
    row = owner.get_by_test_id("handoff-row").filter(has_text="Happy Path")
    expect(row.get_by_test_id("status-badge")).to_contain_text("New")

    expect(visitor.get_by_test_id("handoff-message")).to_have_text(
        "You’ll finish booking on their site. We can help if you get stuck."
    )
    expect(visitor.get_by_test_id("handoff-cta")).to_have_text("Continue to booking on Calendly")
    expect(visitor.locator("main")).to_contain_text("Friday after 5")
    assert leave_by(visitor.get_by_test_id("handoff-cta"), "calendly.com") == (
        "https://calendly.com/coastal-cuts-demo/haircut?utm_source=treasurecoastai&utm_medium=booking_handoff"
        f"&utm_campaign=industry-demo&tca_ref={handoff_id}&utm_content={handoff_id}"
    )

    owner.reload()
    expect(row.get_by_test_id("status-badge")).to_contain_text("Redirected")
    row.get_by_role("link").first.click()
    expect(owner.get_by_test_id("timeline").get_by_role("listitem")).to_have_count(2)
    owner.get_by_test_id("mark-completed").click()
    expect(owner.get_by_test_id("status-badge").first).to_contain_text("Completed")
    expect(owner.get_by_test_id("timeline").get_by_role("listitem")).to_have_count(3)


def test_double_click_sends_once(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page()
    visitor.goto(stack.url("coastal-cuts", "/book"))
    fill_in(visitor, name="Double Click")
    visitor.get_by_test_id("capture-form").locator("button[type=submit]").dblclick()
    visitor.wait_for_url("**/handoff/*")

    owner = open_page()
    log_in(owner, stack, "coastal-cuts")
    expect(owner.get_by_test_id("handoff-row").filter(has_text="Double Click")).to_have_count(1)


def test_what_is_missing_is_said_beside_the_field(stack: Stack, open_page: OpenBrowser) -> None:
    visitor = open_page()
    visitor.goto(stack.url("coastal-cuts", "/book"))
    visitor.get_by_label("Your name").fill("Nearly Done")
    visitor.get_by_test_id("capture-form").locator("button[type=submit]").click()

    expect(visitor.locator("#error-requestedService")).to_be_visible()
    expect(visitor.locator("#error-customerPhone")).to_be_visible()
    expect(visitor.get_by_label("Your name")).to_have_value("Nearly Done")
    assert visitor.url == stack.url("coastal-cuts", "/book")
