"""Insights, settings, team and account are light, and nothing in them jumps while they load."""

import pytest
from playwright.sync_api import Browser

from e2e.conftest import OpenBrowser
from e2e.page_load import measure_dashboard
from e2e.stack import Stack
from e2e.steps import log_in
from e2e.test_panels_accessibility import PAGES

# Promised for the whole app without charts: 60 KB. The chart library comes with the insights alone.
MOST = {"/dashboard/insights": 65_000}


@pytest.mark.parametrize("path", PAGES)
def test_a_panel_is_light_and_still(path: str, stack: Stack, browser: Browser, open_page: OpenBrowser) -> None:
    page = open_page()
    log_in(page, stack, "coastal-cuts")
    bytes_, _answers, shift = measure_dashboard(browser, stack.url("coastal-cuts", path), page.context.storage_state())
    assert 10_000 < bytes_ <= MOST.get(path, 45_000)
    assert shift < 0.02
