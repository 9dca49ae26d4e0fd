"""The mail of a new request, as the demo keeps it in a file: read in both themes, and left by its link."""

import email
import email.policy
import re
import time
from collections.abc import Iterator
from email.message import EmailMessage

from playwright.sync_api import expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.test_accessibility import THEMES, check, open_for_axe

# Django's file backend names a file by the second and an object's id: two mails of a second may share one.
_BETWEEN = b"\n" + b"-" * 79 + b"\n"
_HREFS = "links => links.map(link => link.getAttribute('href'))"
LEAD = {
    "customerName": "Mail Reader",
    "customerEmail": "reader@example.com",
    "requestedService": "Consultation",
    "preferredDateTimeText": "Tuesday, see www.evil.example",
}


def _wait_for_mail(stack: Stack, about: str) -> EmailMessage:
    """Return the mail that tells of a handoff; it is to come within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for message in _read_mails(stack):
            if about in _part(message, "plain"):
                return message
        time.sleep(0.2)
    raise AssertionError("no mail within a minute")


def _read_mails(stack: Stack) -> Iterator[EmailMessage]:
    for path in sorted((stack.data_dir / "mail").glob("*")):
        for raw in path.read_bytes().split(_BETWEEN)[:-1]:  # what is still being written has no end yet
            message = email.message_from_bytes(raw, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            yield message


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def test_mail_of_a_new_request_reads_well_and_its_links_work(stack: Stack, open_page: OpenBrowser) -> None:
    asked = stack.ask("POST", "/api/v1/handoffs", host="harbor-wellness.localhost", json_body=LEAD)
    message = _wait_for_mail(stack, asked.body["id"])
    text, html = _part(message, "plain"), _part(message, "html")
    assert message["Reply-To"] == "reader@example.com"

    for theme in THEMES:
        page = open_for_axe(open_page, size="phone", theme=theme)
        page.goto("about:blank")
        page.set_content(html)
        check(page)
        hosts = {re.sub(r"^(\w+:(?://[^/]+)?).*", r"\1", link) for link in page.locator("a").evaluate_all(_HREFS)}
        assert hosts == {"mailto:", stack.url("harbor-wellness", "")}

    leave = re.search(r"http\S+/notifications/unsubscribe/\S+", text)
    assert leave is not None
    page.goto(leave[0])
    check(page)
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No more mails")
    check(page)
    page.get_by_role("button", name="Get them again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mails will come again")
