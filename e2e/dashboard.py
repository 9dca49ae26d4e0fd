"""What the journeys through the dashboard share."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from e2e.stack import Stack

WIDE = {"width": 1280, "height": 860}


def ask_for_a_time(stack: Stack, subdomain: str, name: str, **more: Any) -> str:
    """A visitor sends the form, by the API; returns the handoff's id."""
    lead = {
        "customerName": name,
        "customerPhone": "772-555-0177",
        "requestedService": "Haircut",
        "preferredDateTimeText": "Friday after 5",
    }
    answer = stack.ask("POST", "/api/v1/handoffs", host=f"{subdomain}.localhost", json_body=lead | more)
    assert answer.status == 201
    handoff_id: str = answer.body["id"]
    return handoff_id


def row_of(page: Page, name: str) -> Locator:
    """The row of somebody."""
    return page.get_by_test_id("handoff-row").filter(has_text=name)


def settle(page: Page) -> None:
    """Wait until the list for the page's address is there."""
    expect(page.locator("section.list")).to_have_attribute("aria-busy", "false")


def search(page: Page, text: str) -> None:
    """Type into the search and wait for its list."""
    page.get_by_label("Search by name").fill(text)
    page.wait_for_url(re.compile(r"[?&]q="))
    settle(page)
