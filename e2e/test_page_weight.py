"""Every industry's page is light, still, and asks nobody else; times are for `make measure`, not for a test."""

import pytest
from playwright.sync_api import Browser

from e2e.drip import drip
from e2e.page_load import WATCH, measure
from e2e.stack import INDUSTRIES, Stack

FIRST_LOAD = 14_336  # one congestion window; what was promised is 20 KB
ASSISTANT = 12_288


def test_every_industrys_page_is_light_and_still(every_industry: Stack, browser: Browser) -> None:
    for industry in INDUSTRIES:
        load = measure(browser, every_industry.url(industry), slow=False)
        assert 4_000 < load.bytes_ <= FIRST_LOAD, industry
        assert 500 < load.assistant_bytes <= ASSISTANT, industry
        assert load.shift == 0, industry
        assert load.foreign == (), industry
        assert load.largest_paint > 0, industry


@pytest.mark.parametrize("path", ["/", "/book"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_while_the_page_arrives_piece_by_piece(
    path: str, width: int, every_industry: Stack, browser: Browser
) -> None:
    with drip(every_industry.port) as port:
        context = browser.new_context(viewport={"width": width, "height": 844})
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(f"http://auto-detailing.localhost:{port}{path}", wait_until="networkidle")
        page.wait_for_function("window.painted > 0")
        painted, ended, shift = page.evaluate("[window.first, performance.now(), window.shift]")
        context.close()
    assert ended - painted > 500  # it was drawn long before the rest had come
    assert shift == 0
