"""The form in a frame on the business's own site: where allowed, as tall as it is, and out of the frame when done."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from e2e.conftest import OpenBrowser
from e2e.stack import Stack
from e2e.steps import log_in

SITE = "https://www.coastal-cuts.example"
STRANGER = "https://www.stranger.example"


@pytest.fixture
def allowed(stack: Stack, open_page: OpenBrowser) -> Iterator[None]:
    """The owner has put the site on the list; taken off again afterwards."""
    owner = open_page()
    log_in(owner, stack, "coastal-cuts")

    def save(origins: list[str]) -> int:
        status: int = owner.evaluate(
            """async (origins) => {
                const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
                const answer = await fetch("/api/v1/settings/embedding", {
                    method: "PUT",
                    headers: {"Content-Type": "application/json", "X-CSRFToken": token},
                    body: JSON.stringify({allowedOrigins: origins}),
                });
                return answer.status;
            }""",
            origins,
        )
        return status

    assert save([SITE]) == 200
    yield
    assert save([]) == 200


def page_with(frame: str) -> Callable[[Route], None]:
    """A page of another site that shows our form and sizes it by its messages."""

    def handle(route: Route) -> None:
        route.fulfill(
            content_type="text/html",
            body=f"""<!doctype html><title>Our site</title><h1>Our site</h1>
            <iframe title="Request" src="{frame}" style="width:360px;height:100px;border:0"></iframe>
            <script>
              window.heights = [];
              addEventListener("message", (event) => {{
                window.heights.push([event.origin, event.data.type, event.data.height]);
                document.querySelector("iframe").style.height = event.data.height + "px";
              }});
            </script>""",
        )

    return handle


def test_allowed_site_shows_it_at_its_height(stack: Stack, page: Page, allowed: None) -> None:
    page.context.route(f"{SITE}/**", page_with(stack.url("coastal-cuts", "/book?embed=1")))
    page.goto(f"{SITE}/")
    inside = page.frame_locator("iframe")
    expect(inside.get_by_test_id("capture-form")).to_be_visible()
    page.wait_for_function("() => window.heights.length > 0 && document.querySelector('iframe').clientHeight > 600")
    origin, kind, height = page.evaluate("() => window.heights.at(-1)")
    assert (origin, kind) == (stack.url("coastal-cuts", ""), "booking-handoff:height")
    assert height == inside.locator("body").evaluate("body => Math.ceil(body.getBoundingClientRect().height)")

    before = height
    inside.locator("button[type=submit]").click()  # four errors make it taller
    page.wait_for_function("before => window.heights.at(-1)[2] > before", arg=before)

    inside.locator("#requestedService").fill("Haircut")
    inside.locator("#preferredDateTimeText").fill("Friday")
    inside.locator("#customerName").fill("Framed Visitor")
    inside.locator("#customerPhone").fill("772-555-0177")
    inside.locator("button[type=submit]").click()
    page.wait_for_url(re.compile(r"coastal-cuts\.localhost.*/handoff/[0-9a-f-]{36}$"))
    # The browser may have refused our cookie in the frame: the button is there all the same.
    expect(page.get_by_test_id("handoff-cta")).to_be_visible()


def test_other_sites_cannot_show_it(stack: Stack, page: Page, allowed: None) -> None:
    page.context.route(f"{STRANGER}/**", page_with(stack.url("coastal-cuts", "/book?embed=1")))
    page.goto(f"{STRANGER}/")
    page.wait_for_timeout(1_000)
    assert page.evaluate("() => window.heights") == []
    expect(page.frame_locator("iframe").get_by_test_id("capture-form")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/book", "/handoff/0199f0f0-0000-7000-8000-00000000abcd", "/login"])
def test_no_other_page_may_be_framed(stack: Stack, path: str, allowed: None) -> None:
    headers = stack.ask("GET", path, host="coastal-cuts.localhost").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
