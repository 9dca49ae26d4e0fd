"""Takes the pictures of README and report, from a demo of its own with a past. Run by `make pictures`."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from e2e.stack import ROOT, Stack
from e2e.steps import PASSWORD, fill_in, log_in, send

FOLDER = ROOT / "reports" / "images"
QUALITY = 72  # of JPEG, in percent: a page with type on it stays sharp
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=QUALITY, animations="disabled")
    sys.stdout.write(f"{name}\n")


def _visit(page: Page, stack: Stack) -> None:
    """The way of a visitor, in four pictures; and what stands there when there is no link, and the chat."""
    page.goto(stack.url("coastal-cuts"))
    _take(page, "visitor-1-business")
    page.goto(stack.url("coastal-cuts", "/book"))
    fill_in(page, name="Maria Lopez")
    page.get_by_label("Your name").scroll_into_view_if_needed()
    _take(page, "visitor-2-form")
    send(page)
    _take(page, "visitor-3-handoff")
    page.goto(stack.url("sunrise-auto", "/book"))
    _take(page, "missing-url")
    page.goto(stack.url("coastal-cuts"))
    page.get_by_test_id("assistant-input").fill("Hi, I'm Ana. A haircut on Friday after 5 please, 772-555-0188")
    page.get_by_test_id("assistant-send").click()
    page.get_by_test_id("assistant-message").nth(1).wait_for()
    _take(page, "assistant")


def _work(page: Page, stack: Stack) -> None:
    """What the business sees."""
    log_in(page, stack, "coastal-cuts")
    page.get_by_test_id("handoff-row").first.wait_for()
    _take(page, "pipeline")
    page.get_by_test_id("handoff-row").filter(has_text="Maria Lopez").first.get_by_role("link").first.click()
    page.get_by_test_id("timeline").wait_for()
    _take(page, "detail")
    for name in ("insights", "settings"):
        page.goto(stack.url("coastal-cuts", f"/dashboard/{name}"))
        page.locator("h1").first.wait_for()
        _take(page, name)


def _operate(page: Page, stack: Stack) -> None:
    """What the platform's people see."""
    page.goto(f"http://localhost:{stack.port}/admin/tenants/tenant/")
    page.locator("[name=username]").fill("admin@platform.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").click()
    page.locator("#result_list").wait_for()
    _take(page, "admin")


def _with_page(browser: Browser, size: dict[str, int], scheme: str, run: Callable[[Page], None]) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # literals
    run(context.new_page())
    context.close()


def main() -> None:
    """Start the demo beside whatever runs, and write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stack = Stack(data_dir=Path(folder))
        stack.start()
        try:
            stack.manage("create_demo_tenants", "--history", "300")
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP *.localhost 127.0.0.1"],
            )
            _with_page(browser, PHONE, "light", lambda page: _visit(page, stack))
            _with_page(browser, DESKTOP, "light", lambda page: _work(page, stack))
            _with_page(browser, DESKTOP, "light", lambda page: _operate(page, stack))
            _with_page(browser, PHONE, "dark", lambda page: _pocket(page, stack))
            browser.close()
        finally:
            stack.stop()


def _pocket(page: Page, stack: Stack) -> None:
    """The pipeline on a phone, in the dark."""
    log_in(page, stack, "coastal-cuts")
    page.get_by_test_id("handoff-row").first.wait_for()
    _take(page, "pipeline-phone-dark")


if __name__ == "__main__":
    main()
