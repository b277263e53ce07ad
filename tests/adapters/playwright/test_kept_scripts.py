"""Functions that are asked again and again, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from maestro_fabric.adapters.playwright.browsers import Browsers, LaunchKey
from maestro_fabric.adapters.playwright.driver import Watch, acquire_driver
from maestro_fabric.adapters.playwright.kept_scripts import KeptScripts
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.system.process_table import SystemProcesses

pytestmark = pytest.mark.browser

TELL = "(arg) => JSON.stringify([arg, document.title, window.ofThePage || 'apart'])"
MAY_THROW = "(one) => { if (one) throw one; return '0'; }"
PAGE = "<title>one</title><script>ofThePage = 1</script><p>x</p>"


@pytest.fixture
def page_and_kept() -> Iterator[Any]:
    """Runs a function of a page and of what it has kept in the thread of the browser."""
    driver = acquire_driver(SystemProcesses())

    def run(work: Any) -> Any:
        def in_thread(browsers: Browsers) -> Any:
            context = browsers.get(LaunchKey.of(BrowserConfig(), headed=False)).new_context()
            try:
                return work(context.new_page(), browsers.kept)
            finally:
                context.close()

        return driver.run(in_thread, Watch())

    yield run
    driver.release()


def test_a_function_is_kept_apart_from_the_page_and_gives_what_it_gives_there(page_and_kept: Any) -> None:
    def work(page: Any, kept: KeptScripts) -> list[str]:
        page.set_content(PAGE)
        assert page.locator("p").text_content() == "x"  # now Playwright's own scripts are there
        told = [kept.ask(page, TELL, 1), kept.ask(page, MAY_THROW, 0)]
        page.goto(f"data:text/html,{PAGE}")
        return [*told, kept.ask(page, TELL, {"key": "a >> 'b' \"c\" é%"}), kept.ask(page, MAY_THROW, 2)]

    older, whole, newer, broken = page_and_kept(work)

    # Where Playwright's own scripts were there before it is asked in the usual way, in its own world.
    assert (older, newer) == ('[1,"one",1]', '[{"key":"a >> \'b\' \\"c\\" é%"},"one","apart"]')
    assert (whole, broken) == ("0", "null")


def test_a_page_that_has_gone_is_told(page_and_kept: Any) -> None:
    from playwright.sync_api import Error

    def work(page: Any, kept: KeptScripts) -> None:
        page.close()
        kept.ask(page, TELL, 1)

    with pytest.raises(Error, match="closed"):
        page_and_kept(work)
