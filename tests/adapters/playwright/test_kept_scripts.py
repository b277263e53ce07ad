"""Functions that are asked again and again, in a real browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from maestro_fabric.adapters.playwright.browsers import Browsers, LaunchKey
from maestro_fabric.adapters.playwright.driver import Watch, acquire_driver
from maestro_fabric.adapters.playwright.kept_scripts import KeptScripts
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.system.process_table import SystemProcesses

pytestmark = pytest.mark.browser

# Not asked by another test: what is kept is kept for all of a process.
TELL = "(arg) => [arg, document.title, window.ofThePage || 'apart']"
TEXTS = "(elements, arg) => [elements.map((one) => one.textContent), arg, window.ofThePage || 'apart']"
PAGE = "<title>one</title><script>ofThePage = 'the page'</script><ul><li>x</li><li>y</li></ul>"
STRICT = f"data:text/html,<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; script-src 'unsafe-inline'\">{PAGE}"
Work = Callable[[Any, KeptScripts], Any]


@pytest.fixture
def in_browser() -> Iterator[Callable[[Work], Any]]:
    """Runs a function of a new page and of what is kept, in the thread of the browser."""
    driver = acquire_driver(SystemProcesses())

    def run(work: Work, watch: Watch | None = None) -> Any:
        def in_thread(browsers: Browsers) -> Any:
            context = browsers.get(LaunchKey.of(BrowserConfig(), headed=False)).new_context()
            try:
                return work(context.new_page(), browsers.kept)
            finally:
                context.close()

        return driver.run(in_thread, watch or Watch())

    yield run
    driver.release()


def test_a_function_is_kept_apart_from_the_page_and_gives_what_it_gives_there(in_browser: Callable[[Work], Any]) -> None:
    def work(page: Any, kept: KeptScripts) -> tuple[Any, Any]:
        page.set_content(PAGE)
        assert page.locator("li").first.text_content() == "x"  # now Playwright's own scripts are there
        older = kept.ask(page, TELL, 1)
        page.goto(STRICT)
        return older, kept.ask(page, TELL, {"key": "a >> 'b' \"c\" é%"})

    older, newer = in_browser(work)

    # Where Playwright's own scripts were there before it is asked in the usual way, in the page's own world.
    assert (older, newer) == ([1, "one", "the page"], [{"key": "a >> 'b' \"c\" é%"}, "one", "apart"])


def test_elements_are_those_that_playwrights_locator_finds_now(in_browser: Callable[[Work], Any]) -> None:
    def work(page: Any, kept: KeptScripts) -> list[Any]:
        found = [page.locator("li"), page.get_by_role("listitem").nth(1), page.locator("li", has_text="nobody"), page.get_by_text("y")]
        page.goto(STRICT)
        kept.ask_all(page, page.locator("ul"), TEXTS, None)
        page.goto(STRICT)
        told = [kept.ask_all(page, locator, TEXTS, ["a"]) for locator in found]
        page.locator("li").first.evaluate("(one) => one.remove()")
        return [*told, kept.ask_all(page, found[0], TEXTS, ["a"])]

    told = in_browser(work)

    assert [texts for texts, _, _ in told] == [["x", "y"], ["y"], [], ["y"], ["y"]]
    assert all(rest == [["a"], "apart"] for _, *rest in told)


class Restless(BaseHTTPRequestHandler):
    """A page that loads itself anew before anybody can read it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>Wait</p><script>setTimeout(() => location.reload(), 5)</script>")

    def log_message(self, *_args: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def restless_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Restless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_page_that_is_replaced_again_and_again_is_not_asked_for_ever(in_browser: Callable[[Work], Any], restless_url: str) -> None:
    from playwright.sync_api import Error

    watch = Watch(stop_at=time.monotonic() + 20)

    def work(page: Any, kept: KeptScripts) -> int:
        page.goto(STRICT)
        kept.ask_all(page, page.locator("li"), TEXTS, None)
        page.goto(restless_url, wait_until="commit")
        for _ in range(5):
            # Either it is read in time, or the plain call says that the page has gone.
            with suppress(Error):
                kept.ask_all(page, page.locator("p"), TEXTS, None)
        return 5

    assert in_browser(work, watch) == 5
    assert not watch.interrupted


def test_an_error_is_told_as_by_the_plain_call(in_browser: Callable[[Work], Any]) -> None:
    from playwright.sync_api import Error

    def work(page: Any, kept: KeptScripts) -> list[str]:
        page.goto(STRICT)
        told = []
        for ask in (
            lambda: kept.ask(page, "() => { throw new Error('no'); }", 1),
            lambda: kept.ask_all(page, page.locator("li"), "() => { throw new Error('none'); }", 1),
            lambda: kept.ask_all(page, page.locator("li["), TEXTS, 1),
        ):
            with pytest.raises(Error) as caught:
                ask()
            told.append(str(caught.value).splitlines()[0])
        page.close()
        with pytest.raises(Error, match="closed"):
            kept.ask(page, "() => 1", 1)
        return told

    no, none, unreadable = in_browser(work)

    assert (no, none) == ("Page.evaluate: Error: no", "Locator.evaluate_all: Error: none")
    assert unreadable.startswith("Locator.evaluate_all: ")
    assert "li[" in unreadable
