"""English and Spanish: by the browser, by the switch, and kept."""

from playwright.sync_api import expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import send


def test_browser_in_spanish_gets_spanish_all_the_way(stack: Stack, open_page: OpenBrowser) -> None:
    page = open_page(locale="es-MX")
    page.goto(stack.url("coastal-cuts"))
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("#hours-title")).to_have_text("Horario")
    page.locator("[data-day]").first.click()
    page.locator("[data-part]").first.click()
    expect(page.locator("#preferredDateTimeText")).to_have_value("Hoy por la mañana")
    page.locator("[data-service=Haircut]").last.click()
    page.locator("#customerName").fill("Lucía")
    page.locator("#customerPhone").fill("12")
    page.get_by_test_id("capture-form").locator("button[type=submit]").click()
    expect(page.get_by_test_id("field-error")).to_contain_text("teléfono")
    page.locator("#customerPhone").fill("772-555-0177")
    send(page)
    expect(page.get_by_test_id("handoff-cta")).to_have_text("Continuar a la reserva en Calendly")
    expect(page.locator("h1")).to_have_text("Queda un paso")


def test_switch_is_kept_and_leads_back(stack: Stack, open_page: OpenBrowser) -> None:
    page = open_page(locale="en-US")
    page.goto(stack.url("coastal-cuts", "/book?service=Highlights"))
    page.get_by_role("link", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("#requestedService")).to_have_value("Highlights")
    page.goto(stack.url("coastal-cuts"))
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(stack.url("coastal-cuts"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
