"""What the people in the journeys do."""

import re

from playwright.sync_api import Locator, Page

from e2e.stack import Stack

PASSWORD = "handoff-demo"


def fill_in(page: Page, *, name: str, service: str = "Haircut", time: str = "Friday after 5") -> None:
    """A visitor fills in the form, leaving a phone number."""
    page.get_by_label("What would you like?").fill(service)
    page.get_by_label("When would suit you?").fill(time)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Phone", exact=True).fill("772-555-0177")


def send(page: Page) -> str:
    """The visitor sends it and arrives at the hand-over page; returns the handoff's id."""
    page.get_by_test_id("capture-form").locator("button[type=submit]").click()
    page.wait_for_url(re.compile(r"/handoff/[0-9a-f-]{36}$"))
    return page.url.rsplit("/", 1)[1]


def leave_by(button: Locator, host: str) -> str:
    """Press a button that leads to a provider; returns the address the browser asked `host` for.

    The answer to a redirect cannot be played, and no test leaves this machine: being asked is what counts.
    """
    with button.page.expect_request(re.compile(rf"^https://{re.escape(host)}/")) as asked:
        button.click()
    return asked.value.url


def log_in(page: Page, stack: Stack, subdomain: str, who: str = "owner") -> None:
    """Somebody of the business logs in and sees the pipeline."""
    page.goto(stack.url(subdomain, "/login"))
    page.locator("[name=email]").fill(f"{who}@{subdomain}.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").click()
    page.wait_for_url(stack.url(subdomain, "/dashboard"))
