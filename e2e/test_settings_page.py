"""Settings in the dashboard: they hold at once, nothing is overwritten unseen, nothing typed is lost."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import fill_in, log_in, send

DESKTOP = {"width": 1280, "height": 900}


def open_settings(page: Page, stack: Stack, subdomain: str, *, part: str = "", who: str = "owner") -> Locator:
    """Somebody of the business opens the settings; returns the booking form."""
    log_in(page, stack, subdomain, who)
    page.goto(stack.url(subdomain, f"/dashboard/settings{part and '?part='}{part}"))
    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    return page.get_by_test_id("settings-form")


def section(page: Page, title: str) -> Locator:
    """The form of a section, by its title."""
    return page.get_by_role("form", name=title, exact=True)


def save(form: Locator) -> None:
    form.get_by_role("button", name="Save", exact=True).click()


def test_pasted_page_is_recognised_and_holds_at_once(every_industry: Stack, page: Page, open_page: OpenBrowser) -> None:
    form = open_settings(page, every_industry, "barbershop")
    form.get_by_label("Address of your booking page").fill(
        "https://book.squareup.com/appointments/abc/location/def/services"
    )
    expect(form.get_by_test_id("provider")).to_have_text("Square recognised")
    expect(form.get_by_test_id("outbound-url")).to_contain_text("https://book.squareup.com/appointments/abc")
    expect(form.get_by_test_id("outbound-url")).to_contain_text("utm_medium=booking_handoff")
    expect(form.get_by_label("Provider name")).to_have_value("Square")
    save(form)
    expect(page.get_by_test_id("settings-saved")).to_be_visible()

    visitor = open_page()
    visitor.goto(every_industry.url("barbershop", "/book"))
    fill_in(visitor, name="Right After", service="Skin fade")
    send(visitor)
    expect(visitor.get_by_test_id("handoff-cta")).to_have_text("Continue to booking on Square")


def test_address_that_cannot_be_a_booking_page_is_refused_beside_its_field(every_industry: Stack, page: Page) -> None:
    form = open_settings(page, every_industry, "barbershop")
    field = form.get_by_label("Address of your booking page")
    field.fill("http://calendly.com/somebody")
    save(form)
    expect(form.get_by_test_id("field-error")).to_have_text("Use an address that starts with https://.")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    described = field.get_attribute("aria-describedby") or ""
    assert form.get_by_test_id("field-error").get_attribute("id") in described.split()
    expect(page.get_by_test_id("settings-saved")).to_have_count(0)
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(form.get_by_label("Address of your booking page")).not_to_have_value("http://calendly.com/somebody")


def test_two_browsers_that_change_different_settings_both_keep_theirs(
    every_industry: Stack, page: Page, open_page: OpenBrowser
) -> None:
    other = open_page(viewport=DESKTOP)
    mine, theirs = (open_settings(each, every_industry, "dental") for each in (page, other))
    theirs.get_by_label("Note for visitors").fill("Bring your insurance card.")
    save(theirs)
    expect(other.get_by_test_id("settings-saved")).to_be_visible()

    mine.get_by_label("Provider name").fill("Our own calendar")
    save(mine)
    notice = mine.get_by_role("group", name="Changed by someone else")
    expect(notice).to_be_focused()
    expect(notice).to_contain_text("Bring your insurance card.")
    expect(mine.get_by_label("Provider name")).to_have_value("Our own calendar")
    notice.get_by_role("button", name="Keep both and save").click()
    expect(page.get_by_test_id("settings-saved")).to_be_visible()

    other.reload()
    expect(theirs.get_by_label("Provider name")).to_have_value("Our own calendar")
    expect(theirs.get_by_label("Note for visitors")).to_have_value("Bring your insurance card.")


def test_two_browsers_that_change_the_same_setting_choose(
    every_industry: Stack, page: Page, open_page: OpenBrowser
) -> None:
    other = open_page(viewport=DESKTOP)
    mine, theirs = (open_settings(each, every_industry, "massage") for each in (page, other))
    theirs.get_by_label("Note for visitors").fill("Theirs")
    save(theirs)
    expect(other.get_by_test_id("settings-saved")).to_be_visible()

    note = mine.get_by_label("Note for visitors")
    note.fill("Mine")
    save(mine)
    row = mine.get_by_role("row").filter(has_text="Note for visitors")
    expect(row.get_by_role("cell")).to_have_text(["Theirs", "Mine"])
    mine.get_by_role("button", name="Use theirs").click()
    expect(note).to_have_value("Theirs")
    mine.get_by_role("button", name="Bring mine back").click()
    expect(note).to_have_value("Mine")
    save(mine)
    expect(page.get_by_test_id("settings-saved")).to_be_visible()
    other.reload()
    expect(theirs.get_by_label("Note for visitors")).to_have_value("Mine")


def test_leaving_with_unsaved_changes_asks_first(every_industry: Stack, page: Page) -> None:
    form = open_settings(page, every_industry, "fitness")
    note = form.get_by_label("Note for visitors")
    note.fill("Not saved")
    page.get_by_role("link", name="Handoffs").click()
    question = page.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Cancel").click()
    expect(note).to_have_value("Not saved")

    with page.expect_event("dialog") as asked:
        page.evaluate("() => void setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    expect(note).to_have_value("Not saved")

    page.get_by_role("link", name="Handoffs").click()
    question.get_by_role("button", name="Leave without saving").click()
    page.wait_for_url(re.compile(r"/dashboard$"))
    page.get_by_role("link", name="Settings").click()
    expect(note).to_have_value("")


def test_what_is_left_unsaved_is_dropped_before_the_next_page_is_there(every_industry: Stack, page: Page) -> None:
    note = open_settings(page, every_industry, "fitness").get_by_label("Note for visitors")
    note.fill("Not saved")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.context.route("**/assets/*.js", hold)
    page.get_by_role("link", name="Handoffs").click()
    page.get_by_role("button", name="Leave without saving").click()
    page.wait_for_url(re.compile(r"/dashboard$"))
    expect(note).to_have_value("")
    assert held

    page.context.unroute("**/assets/*.js")
    for script in held:
        script.continue_()
    expect(page.get_by_role("heading", name="Handoffs", level=1)).to_be_visible()


def test_going_back_keeps_what_was_typed(every_industry: Stack, page: Page) -> None:
    log_in(page, every_industry, "fitness")
    page.get_by_role("link", name="Settings").click()
    note = page.get_by_label("Note for visitors")
    note.fill("Still here")
    page.go_back()
    expect(page.get_by_role("heading", name="Handoffs", level=1)).to_be_visible()
    page.go_forward()
    expect(note).to_have_value("Still here")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("button", name="Discard changes").click()
    expect(note).to_have_value("")


def test_frame_is_checked_now_and_says_when(every_industry: Stack, page: Page) -> None:
    form = open_settings(page, every_industry, "harbor-wellness")
    before = form.locator(".frame-check time").get_attribute("datetime", timeout=30_000)
    form.get_by_role("button", name="Check now").click()
    expect(form.get_by_role("button", name="Checking")).to_have_attribute("aria-busy", "true")
    expect(form.get_by_role("button", name="Check now")).to_be_visible(timeout=50_000)
    assert form.locator(".frame-check time").get_attribute("datetime") != before
    expect(form.get_by_text("within 8 seconds, visitors get the button")).to_be_visible()


def test_services_move_by_keyboard_and_visitors_see_the_order(every_industry: Stack, page: Page) -> None:
    open_settings(page, every_industry, "tutoring", part="business")
    form = section(page, "Services")
    lines = form.get_by_role("textbox")
    expect(lines).to_have_count(5)
    last = lines.nth(4).input_value()
    lines.nth(4).focus()
    for _ in range(4):
        page.keyboard.press("Alt+ArrowUp")
    expect(lines.first).to_have_value(last)
    expect(lines.first).to_be_focused()
    form.get_by_role("button", name=f"Move {last} down").click()
    expect(lines.nth(1)).to_have_value(last)
    form.get_by_role("button", name="Add a service").click()
    expect(lines.nth(5)).to_be_focused()
    save(form)
    expect(form.get_by_test_id("field-error")).to_have_text("Write a name, or remove the line.")
    expect(lines.nth(5)).to_be_focused()
    page.keyboard.type("Chess")
    save(form)
    expect(page.get_by_test_id("settings-saved")).to_be_visible()
    order = [line.input_value() for line in lines.all()]

    answer = every_industry.ask("GET", "/api/v1/booking", host="tutoring.localhost")
    assert answer.body["services"] == order
    assert order[1] == last
    assert order[5] == "Chess"


def test_hours_of_a_day_are_copied_to_the_weekdays(every_industry: Stack, page: Page) -> None:
    open_settings(page, every_industry, "photography", part="business")
    form = section(page, "Opening hours")
    monday, friday, saturday = (form.get_by_role("group", name=day) for day in ("Monday", "Friday", "Saturday"))
    monday.get_by_label("Monday closes").fill("12:00")
    monday.get_by_role("button", name="Add hours on Monday").click()
    expect(monday.get_by_label("Monday opens").nth(1)).to_have_value("13:00")
    monday.get_by_role("button", name="Copy the hours of Monday").click()
    page.get_by_role("menuitem", name="Copy to weekdays").click()
    expect(friday.get_by_label("Friday closes")).to_have_count(2)
    expect(saturday).to_contain_text("Closed")
    friday.get_by_label("Friday opens").nth(1).fill("11:00")
    save(form)
    expect(friday.get_by_test_id("field-error")).to_have_text("This overlaps with other hours.")
    friday.get_by_label("Friday opens").nth(1).fill("13:30")
    save(form)
    expect(page.get_by_test_id("settings-saved")).to_be_visible()
    page.goto(every_industry.url("photography", "/"))
    expect(page.get_by_text("9:00 AM – 12:00 PM, 1:30 PM – 5:00 PM")).to_be_visible()


def test_sections_are_saved_one_by_one(every_industry: Stack, page: Page) -> None:
    open_settings(page, every_industry, "pet-grooming", part="general")
    place, notices = section(page, "Time and language"), section(page, "Notices and keeping")
    notices.get_by_label("Kept for (days)").fill("90")
    zone = place.get_by_role("combobox", name="Time zone")
    zone.click()
    zone.press_sequentially("los ang")
    page.get_by_role("option", name="America/Los Angeles").click()
    expect(zone).to_have_value("America/Los_Angeles")
    save(place)
    expect(place.get_by_test_id("settings-saved")).to_be_visible()
    expect(notices.get_by_label("Kept for (days)")).to_have_value("90")
    expect(notices.get_by_text("Not saved yet")).to_be_visible()
    notices.get_by_label("Kept for (days)").fill("3")
    save(notices)
    expect(notices.get_by_test_id("field-error")).to_have_text("Write a whole number from 7 to 3650.")
    notices.get_by_label("Kept for (days)").fill("90")
    save(notices)
    expect(page.get_by_test_id("settings-saved")).to_have_count(1)
    page.reload()
    expect(notices.get_by_label("Kept for (days)")).to_have_value("90")
    expect(zone).to_have_value("America/Los_Angeles")


def test_mails_of_new_requests_come_as_often_as_the_owner_likes(every_industry: Stack, page: Page) -> None:
    open_settings(page, every_industry, "tutoring", part="general")
    mails = section(page, "Mails")
    expect(mails.get_by_label("New requests")).to_have_value("each")
    mails.get_by_label("New requests").select_option("One mail an hour")
    mails.get_by_label("A summary each morning").check()
    save(mails)
    expect(page.get_by_test_id("settings-saved")).to_be_visible()
    page.reload()
    expect(mails.get_by_label("New requests")).to_have_value("hourly")
    expect(mails.get_by_label("A summary each morning")).to_be_checked()


def test_site_that_may_show_the_form_is_taken_from_a_pasted_page(every_industry: Stack, page: Page) -> None:
    open_settings(page, every_industry, "restaurant", part="general")
    form = section(page, "Your form on other sites")
    form.get_by_role("button", name="Add a site").click()
    page.keyboard.type("www.our-restaurant.example/menu?today")
    page.keyboard.press("Tab")
    expect(form.get_by_role("textbox")).to_have_value("https://www.our-restaurant.example")
    save(form)
    expect(page.get_by_test_id("settings-saved")).to_be_visible()
    answer = every_industry.ask("GET", "/book?embed=1", host="restaurant.localhost")
    assert "frame-ancestors 'self' https://www.our-restaurant.example" in answer.headers["Content-Security-Policy"]
    expect(form.locator("pre")).to_contain_text(every_industry.url("restaurant", "/book?embed=1"))


@pytest.mark.parametrize("part", ["", "business", "general"])
def test_staff_read_the_settings_and_are_told_why(part: str, every_industry: Stack, page: Page) -> None:
    open_settings(page, every_industry, "home-services", part=part, who="staff")
    expect(page.get_by_text("Only an owner can change these.")).to_be_visible()
    forms = page.locator("form.section-form:visible")
    expect(forms.first).to_be_visible()
    expect(forms.locator(":is(input, select, textarea):enabled")).to_have_count(0)
    expect(forms.get_by_role("button", name="Save")).to_have_count(0)
