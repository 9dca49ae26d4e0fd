"""One handoff: deep link, timeline, changes, erasing, and a friendly no for what is not there."""

from playwright.sync_api import expect

from e2e.conftest import OpenBrowser
from e2e.dashboard import WIDE, ask_for_a_time, row_of, search
from e2e.stack import Stack
from e2e.steps import log_in

SHOP = "coastal-cuts"


def test_all_of_a_handoff_stands_on_its_page(stack: Stack, open_page: OpenBrowser) -> None:
    handoff_id = ask_for_a_time(
        stack,
        SHOP,
        "Detail Dora",
        customerEmail="dora@example.com",
        notes="Two kids,\nboth nervous",
        sourcePage="/book",
        attribution={"utm_source": "instagram", "utm_campaign": "spring"},
    )
    stack.ask("POST", f"/go/{handoff_id}", host=f"{SHOP}.localhost")
    page = open_page()
    page.goto(stack.url(SHOP, f"/dashboard/handoffs/{handoff_id}"))
    page.locator("[name=email]").fill(f"staff@{SHOP}.example")
    page.locator("[name=password]").fill("handoff-demo")
    page.get_by_role("button", name="Log in").click()

    expect(page).to_have_url(stack.url(SHOP, f"/dashboard/handoffs/{handoff_id}"))
    expect(page).to_have_title("Detail Dora · Coastal Cuts")
    detail = page.get_by_test_id("handoff-detail")
    for text in ("Haircut", "Friday after 5", "both nervous", "instagram", "spring", f"tca_ref={handoff_id}"):
        expect(detail).to_contain_text(text)
    expect(detail.get_by_role("link", name="(772) 555-0177")).to_have_attribute("href", "tel:+17725550177")
    expect(detail.get_by_role("link", name="dora@example.com")).to_have_attribute("href", "mailto:dora@example.com")
    events = page.get_by_test_id("timeline").get_by_role("listitem")
    expect(events).to_have_count(2)
    expect(events.nth(1)).to_contain_text("Went on to the booking page")
    expect(events.nth(1)).to_contain_text("the visitor, by their click")

    page.get_by_test_id("mark-completed").click()
    expect(page.get_by_test_id("status-badge")).to_have_text("Completed")
    expect(events).to_have_count(3)
    expect(events.nth(2)).to_contain_text("you, on a person’s word")
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("status-badge")).to_have_text("Redirected")
    expect(events).to_have_count(4)
    expect(page.get_by_test_id("erase")).to_have_count(0)  # staff may not


def test_owner_erases_and_the_handoff_still_counts(stack: Stack, open_page: OpenBrowser) -> None:
    handoff_id = ask_for_a_time(stack, SHOP, "Forget Me")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)
    search(page, "Forget Me")
    row = page.get_by_test_id("handoff-row")
    row.get_by_role("button", name="More for").click()
    page.get_by_role("menuitem", name="Erase").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("Forget Me")

    row.get_by_role("link", name="Forget Me").click()
    page.get_by_test_id("erase").click()
    dialog.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_test_id("timeline")).to_contain_text("Personal data erased")
    expect(page.locator("main")).not_to_contain_text("Forget Me")
    page.goto(stack.url(SHOP, "/dashboard"))
    expect(page.locator(f"[data-id='{handoff_id}']")).to_contain_text("Erased")
    expect(row_of(page, "Forget Me")).to_have_count(0)


def test_staff_may_not_erase_from_the_list_either(stack: Stack, open_page: OpenBrowser) -> None:
    ask_for_a_time(stack, SHOP, "Staff Sees")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP, who="staff")
    row_of(page, "Staff Sees").get_by_role("button", name="More for").click()
    expect(page.get_by_role("menuitem", name="Open")).to_be_focused()
    expect(page.get_by_role("menuitem", name="Erase")).to_have_count(0)


def test_unknown_handoff_is_said_so_kindly(stack: Stack, open_page: OpenBrowser) -> None:
    page = open_page()
    log_in(page, stack, SHOP)
    for key in ("01890a5d-ac96-774b-bcce-b302099a8057", "abc"):
        answer = page.goto(stack.url(SHOP, f"/dashboard/handoffs/{key}"))
        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_role("heading", name="There is no such handoff")).to_be_visible()
        expect(page.get_by_role("link", name="Show all handoffs")).to_be_visible()


def test_back_from_a_handoff_is_where_the_list_was_left(stack: Stack, open_page: OpenBrowser) -> None:
    for number in range(14):
        ask_for_a_time(stack, SHOP, f"Scrolled {number:02}")
    page = open_page(viewport=WIDE)
    log_in(page, stack, SHOP)
    search(page, "Scrolled")
    page.get_by_role("link", name="Scrolled 00").scroll_into_view_if_needed()
    before = page.evaluate("() => scrollY")
    assert before > 0
    page.get_by_role("link", name="Scrolled 00").click()
    expect(page.get_by_test_id("handoff-detail")).to_be_visible()
    assert page.evaluate("() => scrollY") == 0
    page.go_back()
    expect(page.get_by_role("link", name="Scrolled 00")).to_be_in_viewport()
    assert page.evaluate("() => scrollY") == before


def test_names_in_any_script_keep_their_own_direction(stack: Stack, open_page: OpenBrowser) -> None:
    name = "שרה כהן (VIP)"
    handoff_id = ask_for_a_time(stack, SHOP, name)
    page = open_page()
    log_in(page, stack, SHOP)
    expect(row_of(page, name).locator(".row-link bdi")).to_have_text(name)
    page.goto(stack.url(SHOP, f"/dashboard/handoffs/{handoff_id}"))
    expect(page.locator("h1 bdi")).to_have_text(name)
