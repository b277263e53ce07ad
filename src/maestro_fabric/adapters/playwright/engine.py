"""Playwright behind the port of `adapters.browser.engine`: its pages and locators are tabs and elements as they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.engine import Element, Faults, HttpCall, Reply
from maestro_fabric.adapters.browser.responses import Response
from maestro_fabric.adapters.browser.scope import as_bool, as_int
from maestro_fabric.adapters.browser.scripts import ORIGIN
from maestro_fabric.adapters.playwright.faults import PlaywrightFaults
from maestro_fabric.adapters.playwright.kept_scripts import KeptScripts
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.config.steps import Target
from maestro_fabric.errors import TransportError

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Route, WebError

__all__ = ["PlaywrightEngine", "show_console_message", "show_page_error"]

_MAX_FRAMES = 5
_PICTURE_QUALITY = 50


@dataclass(slots=True)
class PlaywrightEngine:
    """One case's context, and what is kept over all of them."""

    context: BrowserContext
    settings: BrowserConfig
    faults: Faults = field(default_factory=PlaywrightFaults)
    kept: KeptScripts | None = None

    def tabs(self) -> list[Any]:
        """The context's pages."""
        return list(self.context.pages)

    def locate(self, tab: Any, target: Target, key: str) -> Element:
        """Playwright's locator."""
        root = tab
        for frame in [target.frame] if isinstance(target.frame, str) else target.frame or []:
            root = root.frame_locator(frame)
        found = _BY_KEY[key](root, target, self.settings)
        if target.nth is not None:
            number = as_int(target.nth)
            found = found.nth(number - 1 if number > 0 else number)
        element: Element = found
        return element

    def ask(self, tab: Page, script: str, arg: Any) -> Any:
        """What a function gives in the page."""
        return tab.evaluate(script, arg)

    def ask_often(self, tab: Page, script: str, arg: Any) -> Any:
        """What a function that is kept gives in the page."""
        return tab.evaluate(script, arg) if self.kept is None else self.kept.ask(tab, script, arg)

    def ask_all(self, tab: Page, target: Target, key: str, script: str, arg: Any) -> Any:
        """What a function of elements gives, a kept one unless they are in a frame, which would be waited for."""
        element: Any = self.locate(tab, target, key)
        if self.kept is None or target.frame is not None:
            return element.evaluate_all(script, arg)
        return self.kept.ask_all(tab, element, script, arg)

    def ask_frames(self, tab: Page, script: str, arg: Any) -> list[Any]:
        """What a function gives in the page and its first frames."""
        return [frame.evaluate(script, arg) for frame in [one for one in tab.frames if not one.is_detached()][:_MAX_FRAMES]]

    def picture(self, tab: Page, timeout: float) -> bytes:
        """A JPEG; nothing is waited for or hidden for it."""
        return tab.screenshot(type="jpeg", quality=_PICTURE_QUALITY, scale="css", animations="allow", caret="initial", timeout=timeout)

    def set_cookie(self, cookie: Mapping[str, Any]) -> None:
        """Add it to the context."""
        one: Any = dict(cookie)
        self.context.add_cookies([one])

    def fetch(self, call: HttpCall) -> Response:
        """Call with the context's cookies, which the answer may change."""
        options: dict[str, Any] = {"headers": dict(call.headers)}
        if call.query:
            options["params"] = dict(call.query)
        if call.form is not None:
            options["form"] = dict(call.form)
        elif call.body is not None:
            options["data"] = call.body
        if not call.follow:
            options["max_redirects"] = 0
        answer = self.context.request.fetch(call.url, method=call.method, timeout=call.timeout, **options)
        try:
            body = answer.body()
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status, headers, body.decode("utf-8", "replace"), body, answer.url)
        finally:
            answer.dispose()

    def route(self, url: str, is_meant: Callable[[str], bool], reply: Reply | None) -> None:
        """Route the context's requests."""
        options = {} if reply is None else _fulfilment(reply)

        def handle(route: Route) -> None:
            if not is_meant(route.request.method):
                route.fallback()
            elif reply is None:
                route.abort("blockedbyclient")
            else:
                route.fulfill(**options)

        self.context.route(url, handle)

    def download(self, tab: Page, start: Callable[[], object], keep: Callable[[str], Path], timeout: float) -> tuple[str, Path]:
        """Wait for the page's download.

        Raises:
            TransportError: when none begins in time, or it breaks off.
        """
        try:
            with tab.expect_download(timeout=timeout) as waiting:
                start()
            download = waiting.value
        except self.faults.timeouts as exc:
            raise TransportError(f"no download began within {format_duration(timeout / 1000)} of the click") from exc
        path = keep(download.suggested_filename)
        problem = download.failure()
        if problem is not None:
            raise TransportError(f"the download of {download.url} broke off: {problem}")
        download.save_as(path)
        return download.suggested_filename, path

    def for_calls(self, tab: Page) -> Page:
        """Playwright's own page."""
        return tab

    def answers(self) -> bool:
        """Whether the context still does. `Browser.is_connected` learns of a killed process too late."""
        try:
            self.context.cookies()
        except self.faults.errors:
            return False
        return True

    def origin(self, tab: Page) -> tuple[str, int]:
        """What the browser's record of the navigation says."""
        address, status = tab.evaluate(ORIGIN)
        return str(address), int(status)

    def keep_trace(self, path: Path) -> None:
        """End the recording and write it."""
        self.context.tracing.stop(path=path)


def show_console_message(message: ConsoleMessage) -> str:
    """An error that a page logged, in one line."""
    where = message.location
    return f"console error: {message.text} ({where.get('url', '')}:{where.get('lineNumber', '')})"


def show_page_error(error: WebError) -> str:
    """An exception that no script caught, in one line."""
    return f"page error: {error.error}"


def _fulfilment(reply: Reply) -> dict[str, Any]:
    options: dict[str, Any] = {"status": reply.status}
    if reply.headers:
        options["headers"] = dict(reply.headers)
    if reply.json is not None:
        options["json"] = reply.json
    elif reply.path is not None:
        options["path"] = reply.path
    else:
        options["body"] = reply.body or ""
    return options


def _by_role(root: Any, target: Target, _: BrowserConfig) -> Any:
    if target.name is None:
        return root.get_by_role(target.role)
    return root.get_by_role(target.role, name=target.name, exact=as_bool(target.exact))


def _by_test_id(root: Any, target: Target, settings: BrowserConfig) -> Any:
    # Not get_by_test_id: its attribute is one for the whole process, here it is the suite's.
    return root.locator(f"css=[{settings.test_id_attribute}={json.dumps(target.test_id, ensure_ascii=False)}]")


_BY_KEY: dict[str, Callable[[Any, Target, BrowserConfig], Any]] = {
    "css": lambda root, target, _: root.locator(f"css={target.css}"),
    "xpath": lambda root, target, _: root.locator(f"xpath={target.xpath}"),
    "role": _by_role,
    "label": lambda root, target, _: root.get_by_label(target.label, exact=as_bool(target.exact)),
    "text": lambda root, target, _: root.get_by_text(target.text, exact=as_bool(target.exact)),
    "placeholder": lambda root, target, _: root.get_by_placeholder(target.placeholder, exact=as_bool(target.exact)),
    "test_id": _by_test_id,
}
