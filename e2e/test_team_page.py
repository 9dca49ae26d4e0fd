"""The team in the dashboard: inviting by mail, roles, leaving; keys that are shown once."""

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import log_in

DESKTOP = {"width": 1280, "height": 900}
LOGIN = re.compile(r"/login\?next=")


def open_team(page: Page, stack: Stack, subdomain: str) -> None:
    log_in(page, stack, subdomain)
    page.goto(stack.url(subdomain, "/dashboard/team"))
    expect(page.get_by_test_id("team-row").first).to_be_visible()


def row_of(page: Page, email: str) -> Locator:
    return page.get_by_test_id("team-row").filter(has_text=email)


def act(page: Page, email: str, action: str) -> None:
    """Choose an action from a person's menu."""
    page.get_by_role("button", name=f"Actions for {email}").click()
    page.get_by_role("menuitem", name=action).click()


def read_link(folder: Path, *, to: str, which: int, seconds: float = 30) -> str:
    """Return the address in the newest of `which` mails to somebody, once that many were sent."""
    deadline = time.monotonic() + seconds
    while True:
        mails = [
            mail for file in sorted(folder.glob("*"), key=lambda each: each.stat().st_mtime) for mail in split(file)
        ]
        found = [mail for mail in mails if f"To: {to}".encode() in mail]
        if len(found) >= which:
            return find_address(found[-1])
        assert time.monotonic() < deadline, f"{len(found)} of {which} mails to {to}"
        time.sleep(0.3)


def split(file: Path) -> list[bytes]:
    """The mails in a file, which Django divides by a line of hyphens."""
    return [part.strip() for part in re.split(rb"\n-{79}\n", file.read_bytes()) if part.strip()]


def find_address(mail: bytes) -> str:
    body = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    assert body is not None
    match = re.search(r"http://\S+", body.get_content())
    assert match is not None
    return match[0]


def choose_password(page: Page, link: str, password: str) -> None:
    page.goto(link)
    page.get_by_label("New password").fill(password)
    page.locator("form:has([name=password]) button[type=submit]").click()
    page.wait_for_url("**/dashboard")


def test_invited_person_chooses_a_password_and_is_staff(
    every_industry: Stack, page: Page, open_page: OpenBrowser
) -> None:
    email = "new.hand@fitness.example"
    open_team(page, every_industry, "fitness")
    page.get_by_label("Invite by email").fill("new.hand@fitness")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_test_id("field-error")).to_have_text("Write an email address such as you@example.com.")
    expect(page.get_by_label("Invite by email")).to_be_focused()
    page.get_by_label("Invite by email").fill(email)
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(row_of(page, email)).to_contain_text("Invited")
    page.get_by_label("Invite by email").fill(email)
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_test_id("field-error")).to_be_visible()

    mails = every_industry.data_dir / "mail"
    first = read_link(mails, to=email, which=1)
    act(page, email, "Send the invitation again")
    second = read_link(mails, to=email, which=2)
    newcomer = open_page(viewport=DESKTOP)
    newcomer.goto(first)
    expect(newcomer.get_by_role("heading", name="This link no longer works")).to_be_visible()
    choose_password(newcomer, second, "three calm otters")

    expect(newcomer.get_by_role("link", name="Settings")).to_be_visible()
    expect(newcomer.get_by_role("link", name="Team")).to_have_count(0)
    newcomer.goto(every_industry.url("fitness", "/dashboard/team"))
    expect(newcomer.get_by_role("heading", name="This page is for owners")).to_be_visible()
    page.reload()
    expect(row_of(page, email)).to_contain_text("Active")


def test_role_changes_and_leaving_hold_at_once(every_industry: Stack, page: Page, open_page: OpenBrowser) -> None:
    staff = open_page(viewport=DESKTOP)
    log_in(staff, every_industry, "dental", "staff")
    email = "staff@dental.example"
    open_team(page, every_industry, "dental")
    expect(row_of(page, "owner@dental.example")).to_contain_text("The business needs an active owner.")
    expect(page.get_by_role("button", name="Actions for owner@dental.example")).to_have_count(0)

    page.get_by_label(f"Role of {email}").select_option("owner")
    expect(page.get_by_role("button", name="Actions for owner@dental.example")).to_be_visible()
    staff.reload()
    expect(staff.get_by_role("link", name="Team")).to_be_visible()

    page.get_by_label(f"Role of {email}").select_option("staff")
    expect(page.get_by_role("button", name="Actions for owner@dental.example")).to_have_count(0)
    act(page, email, "Deactivate")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(row_of(page, email)).to_contain_text("Active")
    act(page, email, "Deactivate")
    page.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(row_of(page, email)).to_contain_text("Deactivated")
    staff.reload()
    staff.wait_for_url(LOGIN)

    act(page, email, "Reactivate")
    expect(row_of(page, email)).to_contain_text("Active")
    log_in(staff, every_industry, "dental", "staff")
    act(page, email, "Remove")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row_of(page, email)).to_have_count(0)
    staff.reload()
    staff.wait_for_url(LOGIN)


def test_key_is_shown_once_and_works_until_it_is_revoked(every_industry: Stack, page: Page) -> None:
    open_team(page, every_industry, "massage")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_test_id("field-error")).to_have_text("Give the key a name, such as Reporting.")
    page.get_by_label("Name of the key").fill("Reporting")
    page.get_by_role("button", name="Make a key").click()
    shown = page.get_by_test_id("new-key")
    expect(shown).to_be_focused()
    key = shown.input_value()

    def ask() -> int:
        headers = {"Authorization": f"Bearer {key}"}
        return every_industry.ask("GET", "/api/v1/handoffs", host="massage.localhost", headers=headers).status

    assert ask() == 200
    page.reload()
    row = page.get_by_test_id("key-row")
    expect(row).to_contain_text("Reporting")
    expect(row).not_to_contain_text("Never")
    expect(shown).to_have_count(0)
    assert key not in page.content()

    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    assert ask() == 401
