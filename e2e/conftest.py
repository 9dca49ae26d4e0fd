"""The whole product, started as `make demo` starts it, beside whatever else runs; and a browser to use it with.

The providers' pages are played by route interception: nothing leaves this machine. A journey that fails leaves a
trace and a screenshot under `.data/e2e`, and its failure says so; the next run removes them, since they show what was
typed.
"""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

from e2e.stack import Stack

expect.set_options(timeout=15_000)  # a machine that is busy with other things is slow, not wrong

PHONE = {"width": 390, "height": 844}
_EVIDENCE = Path(__file__).resolve().parent.parent / ".data" / "e2e"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks",  # a business's site, which is played, shows a page of this machine
]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running demo with data of its own."""
    stack = Stack(data_dir=tmp_path_factory.mktemp("stack"))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()  # one that came too late, too


@pytest.fixture(scope="session")
def every_industry(stack: Stack) -> Stack:
    """The demo with a business of every industry."""
    stack.manage("create_demo_tenants", "--all-industries")
    return stack


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium: CHROMIUM (`make e2e` sets it), else one on the PATH, else Playwright's own."""
    shutil.rmtree(_EVIDENCE, ignore_errors=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"), args=_ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know how the test went."""
    report = yield
    setattr(item, f"report_{report.when}", report)
    if report.when == "call" and report.failed:
        report.sections.append(("Evidence", f"traces and screenshots: {_EVIDENCE / item.name}-*.zip and -*.png"))
    return report


def play_provider(route: Route) -> None:
    """Answer for a booking provider: its page, naming the address it was asked for."""
    route.fulfill(content_type="text/html", body="<!doctype html><title>Provider</title><h1>Pick a time</h1>")


def _is_complaint(message: ConsoleMessage) -> bool:
    """Whether the browser objects to our page; that an answer was 404 or a frame refused is what a journey is about."""
    theirs = ("Failed to load resource", "Refused to display 'https:", "Framing '")
    return message.type == "error" and not message.text.startswith(theirs)


OpenBrowser = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[OpenBrowser]:
    """Return a function that opens a new visitor's browser: `open_page(javascript=False, locale="es")`.

    The page fails the test on a script error or a policy violation.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(*, javascript: bool = True, viewport: dict[str, int] = PHONE, **options: Any) -> Page:
        context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]  # two ints
            java_script_enabled=javascript,
            **options,
        )
        context.set_default_timeout(10_000)
        context.route(lambda url: "localhost" not in url, play_provider)
        context.tracing.start(screenshots=True, snapshots=True)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
        return page

    yield open_one
    report = getattr(request.node, "report_call", None)
    for number, context in enumerate(contexts):
        if report is not None and report.failed:
            _EVIDENCE.mkdir(parents=True, exist_ok=True)
            context.tracing.stop(path=_EVIDENCE / f"{request.node.name}-{number}.zip")
            for page in context.pages:
                page.screenshot(path=_EVIDENCE / f"{request.node.name}-{number}.png", full_page=True)
        context.close()
    if report is not None and report.passed:
        assert complaints == []


@pytest.fixture
def page(open_page: OpenBrowser) -> Page:
    """One visitor's browser, at a phone's width."""
    return open_page()
