"""What a first visit costs: bytes on the wire, requests, layout shift, and when the largest content is painted."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, Request

PHONE = {"width": 390, "height": 844}
# Chromium's own "Slow 4G", as its developer tools set it: milliseconds before an answer, bytes per second.
SLOW_4G = {"offline": False, "latency": 562.5, "downloadThroughput": 180_000, "uploadThroughput": 84_375}
CPU_SLOWDOWN = 4

WATCH = """
    window.shift = 0;
    window.painted = 0;
    window.first = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            window.painted = entry.startTime;
            window.first ||= entry.startTime;
        }
    }).observe({ type: "largest-contentful-paint", buffered: true });
"""


@dataclass(frozen=True)
class PageLoad:
    """One first visit, the cache empty."""

    bytes_: int  # over the wire: HTML, CSS, JS with their headers
    assistant_bytes: int  # what opening the chat adds
    requests: int
    foreign: tuple[str, ...]  # addresses of other hosts that were asked
    largest_paint: float  # milliseconds from the start of the navigation
    shift: float  # cumulative layout shift, also while the chat opens


class _Wire:
    """Counts what arrives, as Chromium's network stack counts it."""

    def __init__(self, session: CDPSession) -> None:
        self.bytes_ = 0
        session.on("Network.loadingFinished", self._add)
        session.send("Network.enable")

    def _add(self, event: dict[str, Any]) -> None:
        self.bytes_ += int(event["encodedDataLength"])


def measure(browser: Browser, url: str, *, slow: bool) -> PageLoad:
    """Visit a business's page for the first time, then open its chat; `slow` is a slow phone on slow 4G."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]  # two ints
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        wire = _Wire(session)
        if slow:
            session.send("Network.emulateNetworkConditions", SLOW_4G)
            session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        asked: list[Request] = []

        def note(request: Request) -> None:  # Playwright marks the function it is given; a method of list it cannot
            asked.append(request)

        page.on("request", note)
        page.add_init_script(WATCH)
        page.goto(url, wait_until="networkidle")
        page.wait_for_function("window.painted > 0")  # a busy machine may have loaded all and drawn nothing yet
        first = wire.bytes_
        requests = len(asked)
        painted = float(page.evaluate("window.painted"))
        _open_chat(page)
        host = url.split("/")[2]
        return PageLoad(
            bytes_=first,
            assistant_bytes=wire.bytes_ - first,
            requests=requests,
            foreign=tuple(request.url for request in asked if request.url.split("/")[2:3] != [host]),
            largest_paint=painted,
            shift=float(page.evaluate("window.shift")),
        )
    finally:
        context.close()


def _open_chat(page: Page) -> None:
    with page.expect_response(lambda response: "assistant" in response.url):
        page.get_by_test_id("assistant-input").focus()
    page.wait_for_load_state("networkidle")


def measure_dashboard(browser: Browser, url: str, state: Any) -> tuple[int, int, float]:
    """Open a page of the dashboard, logged in by `state`, the cache empty.

    Returns the bytes of HTML, CSS and JS over the wire, how many answers those were, and the layout shift.
    """
    context = browser.new_context(viewport=PHONE, storage_state=state)  # type: ignore[arg-type]  # two ints
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        kinds: dict[str, str] = {}
        sizes: dict[str, int] = {}
        session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
        session.on(
            "Network.loadingFinished",
            lambda event: sizes.update({event["requestId"]: int(event["encodedDataLength"])}),
        )
        session.send("Network.enable")
        page.add_init_script(WATCH)
        page.goto(url, wait_until="networkidle")
        counted = [size for key, size in sizes.items() if kinds.get(key) in ("Document", "Stylesheet", "Script")]
        return sum(counted), len(counted), float(page.evaluate("window.shift"))
    finally:
        context.close()
