"""Support helps a business: opens its dashboard from the admin, looks, is let change something, and is sent away."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import OpenBrowser
from e2e.dashboard import WIDE, ask_for_a_time, row_of, settle
from e2e.stack import Stack
from e2e.steps import PASSWORD, log_in
from e2e.test_accessibility import SIZES, THEMES, check, open_for_axe

SUBDOMAIN = "coastal-cuts"
WHO = "admin@platform.example"
LINKS = ("used", "late", "foreign")


def log_in_to_admin(page: Page, stack: Stack) -> None:
    """One of the platform's people logs in."""
    page.goto(f"http://localhost:{stack.port}/admin/")
    page.locator("[name=username]").fill(WHO)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("input[type=submit]").click()
    expect(page.get_by_text("Tenants").first).to_be_visible()


def go_to_tenants(page: Page, stack: Stack, name: str) -> None:
    """The admin's list of the tenants of that name."""
    page.goto(f"http://localhost:{stack.port}/admin/tenants/tenant/?q={name}")


@pytest.fixture
def desk(stack: Stack, open_page: OpenBrowser) -> Page:
    """A browser of the platform's, logged in to the admin."""
    page = open_page(viewport=WIDE)
    log_in_to_admin(page, stack)
    return page


def test_list_of_tenants_scrolls_in_its_own_box_on_a_phone(stack: Stack, open_page: OpenBrowser) -> None:
    page = open_page(viewport={"width": 390, "height": 844})
    log_in_to_admin(page, stack)
    go_to_tenants(page, stack, "")
    expect(page.get_by_role("link", name="Coastal Cuts")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def open_harbor(stack: Stack, open_page: OpenBrowser, *, size: str, theme: str) -> Page:
    """The admin's page of Harbor Wellness, with axe in it."""
    page = open_for_axe(open_page, size=size, theme=theme)
    log_in_to_admin(page, stack)
    go_to_tenants(page, stack, "Harbor")
    page.get_by_role("link", name="Harbor Wellness").click()
    return page


def make_link(page: Page, stack: Stack, name: str) -> str:
    """Press "Open dashboard" in the row of a tenant; returns the link's address."""
    go_to_tenants(page, stack, name)
    page.locator("#result_list").get_by_role("button", name=f"Open dashboard of {name}").click()
    address = page.get_by_test_id("support-link").get_attribute("href")
    assert address is not None
    return address


def in_database(stack: Stack, statement: str) -> None:
    """Turn the clock by changing rows."""
    stack.manage(
        "shell", "-v", "0", "-c",
        "from datetime import timedelta\n"
        "from django.db.models import F\n"
        "from shared_apps.platform.models import SupportGrant\n"
        "from shared_apps.support.models import SupportAccess\n"
        "from shared_apps.tenants.scope import enter_tenant, public_scope\n"
        "from shared_apps.tenants.selectors import find_tenant_by_subdomain\n" + statement,
    )  # fmt: skip


def test_support_looks_is_raised_completes_and_is_ended(stack: Stack, desk: Page, open_page: OpenBrowser) -> None:
    handoff_id = ask_for_a_time(stack, SUBDOMAIN, "Ines Support")
    owner = open_page(viewport=WIDE)

    # Support comes in, and every page says so.
    make_link(desk, stack, "Coastal Cuts")
    with desk.expect_popup() as opened:
        desk.get_by_test_id("support-link").click()
    guest = opened.value
    guest.wait_for_url(stack.url(SUBDOMAIN, "/dashboard"))
    banner = guest.get_by_test_id("support-banner")
    expect(banner).to_contain_text(WHO)
    expect(banner).to_contain_text("read-only")
    expect(banner.get_by_role("timer")).to_have_text("Ends in 30 min")
    settle(guest)
    expect(row_of(guest, "Ines Support")).to_be_visible()
    expect(guest.get_by_role("link", name="Download CSV")).to_have_count(0)
    for path in ("insights", "settings"):
        guest.goto(stack.url(SUBDOMAIN, f"/dashboard/{path}"))
        expect(banner).to_be_visible()
    expect(guest.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    expect(guest.get_by_role("link", name="Team")).to_have_count(0)

    # It cannot change anything, and is told who can let it.
    guest.goto(stack.url(SUBDOMAIN, f"/dashboard/handoffs/{handoff_id}"))
    guest.get_by_test_id("mark-completed").click()
    expect(guest.get_by_text("An owner of the business can let it write")).to_be_visible()
    expect(guest.get_by_test_id("handoff-detail")).to_have_attribute("data-status", "new")

    # An owner sees it, and lets it.
    log_in(owner, stack, SUBDOMAIN)
    owner.goto(stack.url(SUBDOMAIN, "/dashboard/team"))
    row = owner.get_by_test_id("support-row").filter(has_text="Open")
    expect(row).to_contain_text(WHO)
    row.get_by_role("button", name="Let it change things").click()
    owner.get_by_role("dialog").get_by_role("button", name="Let it change things").click()
    expect(row).to_contain_text(f"Change things, by owner@{SUBDOMAIN}.example")

    # Support's page follows by itself, and the timeline names support.
    expect(banner).to_contain_text("an owner lets you change things")
    guest.get_by_test_id("mark-completed").click()
    expect(guest.get_by_test_id("handoff-detail")).to_have_attribute("data-status", "completed_external")
    expect(guest.get_by_test_id("timeline")).to_contain_text("platform support")
    owner.goto(stack.url(SUBDOMAIN, f"/dashboard/handoffs/{handoff_id}"))
    expect(owner.get_by_test_id("timeline")).to_contain_text("platform support, on a person")

    # The owner ends it; support's page says so and shows nothing of the business any more.
    owner.goto(stack.url(SUBDOMAIN, "/dashboard/team"))
    row.get_by_role("button", name="End now").click()
    expect(row).to_have_count(0)
    expect(owner.get_by_test_id("support-row").first).to_contain_text(f"by owner@{SUBDOMAIN}.example")
    expect(guest.get_by_test_id("support-over")).to_be_visible()
    expect(guest.get_by_text("Ines Support")).to_have_count(0)
    guest.get_by_role("link", name="Go to the platform").click()
    expect(guest.get_by_text("Tenants").first).to_be_visible()


def test_link_used_twice_late_or_elsewhere_opens_nothing(stack: Stack, desk: Page) -> None:
    used, late, foreign = (make_link(desk, stack, "Coastal Cuts") for _ in range(3))
    paths = {name: address.partition(str(stack.port))[2] for name, address in locals().items() if name in LINKS}
    host = f"{SUBDOMAIN}.localhost"
    in_database(
        stack,
        "with public_scope():\n"
        "    row = SupportGrant.objects.order_by('-id')[1]\n"
        "    SupportGrant.objects.filter(pk=row.pk).update(expires_at=F('created_at') - timedelta(seconds=1))",
    )

    assert stack.ask("HEAD", paths["used"], host=host).status == 404
    assert stack.ask("GET", paths["used"], host=host, headers={"Sec-Purpose": "prefetch"}).status == 404
    first = stack.ask("GET", paths["used"], host=host)
    assert (first.status, first.headers["Location"]) == (303, "/dashboard")

    refused = [
        stack.ask("GET", paths["used"], host=host),
        stack.ask("GET", paths["late"], host=host),
        stack.ask("GET", paths["foreign"], host="harbor-wellness.localhost"),
        stack.ask("GET", "/support/" + "x" * 43, host=host),
    ]
    assert {answer.status for answer in refused} == {404}
    assert len({answer.text for answer in refused}) == 1
    assert not any("sessionid" in (answer.headers["Set-Cookie"] or "") for answer in refused)
    desk.goto(used)
    expect(desk.get_by_text("Open a new one in the platform")).to_be_visible()
    logs = "".join(path.read_text(errors="replace") for path in (stack.data_dir / "logs").iterdir() if path.is_file())
    assert not any(path.rpartition("/")[2] in logs for path in paths.values())


def test_session_ends_by_itself_and_by_its_own_button(stack: Stack, desk: Page) -> None:
    desk.goto(make_link(desk, stack, "Sunrise Auto Detail"))
    desk.wait_for_url(stack.url("sunrise-auto", "/dashboard"))
    in_database(
        stack,
        "with enter_tenant(find_tenant_by_subdomain('sunrise-auto')):\n"
        "    SupportAccess.objects.update(ends_at=F('ends_at') - timedelta(minutes=29, seconds=45))",
    )
    expect(desk.get_by_test_id("support-over")).to_be_visible(timeout=25_000)
    expect(desk.get_by_test_id("support-banner")).to_have_count(0)

    desk.goto(make_link(desk, stack, "Sunrise Auto Detail"))
    desk.get_by_test_id("support-banner").get_by_role("button", name="End support session").click()
    desk.wait_for_url("**/login")
    desk.goto(stack.url("sunrise-auto", "/dashboard"))
    desk.wait_for_url(re.compile(r"/login\?next="))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_where_support_goes(size: str, theme: str, stack: Stack, open_page: OpenBrowser) -> None:
    page = open_harbor(stack, open_page, size=size, theme=theme)
    page.get_by_role("button", name="Open dashboard").click()
    expect(page.get_by_test_id("support-link")).to_be_visible()
    check(page)
    page.goto(str(page.get_by_test_id("support-link").get_attribute("href")))
    for path in ("/dashboard", "/dashboard/settings"):
        page.goto(stack.url("harbor-wellness", path))
        expect(page.get_by_test_id("support-banner")).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)
        check(page)
    page.goto(stack.url("harbor-wellness", "/support/nothing"))
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    check(page)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_a_tenants_domains(size: str, theme: str, stack: Stack, open_page: OpenBrowser) -> None:
    page = open_harbor(stack, open_page, size=size, theme=theme)
    page.get_by_role("link", name="Domains").click()
    page.get_by_label("Host name").fill("book.harbor-wellness.com")
    page.get_by_role("button", name="Add").click()
    claim = page.get_by_test_id("domain-claim")
    expect(claim).to_contain_text("_handoff-challenge.book.harbor-wellness.com")
    check(page)
    claim.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Remove book.harbor-wellness.com?")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("No domain of its own yet.")).to_be_visible()
