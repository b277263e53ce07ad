"""Selenium behind the port of `adapters.browser.engine`: one case's tabs, cookies and files."""

from __future__ import annotations

import base64
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selenium.common.exceptions import WebDriverException
from urllib3.exceptions import HTTPError

from maestro_fabric.adapters.browser.engine import Element, Faults, HttpCall, Reply
from maestro_fabric.adapters.browser.locators import frames_of, locator_of
from maestro_fabric.adapters.browser.responses import Response
from maestro_fabric.adapters.browser.scripts import ORIGIN
from maestro_fabric.adapters.selenium.commands import Commands
from maestro_fabric.adapters.selenium.cookies import Cookies
from maestro_fabric.adapters.selenium.element import SeleniumElement
from maestro_fabric.adapters.selenium.faults import SeleniumFaults
from maestro_fabric.adapters.selenium.http import fetch
from maestro_fabric.adapters.selenium.tab import SeleniumTab
from maestro_fabric.adapters.selenium.traffic import Traffic
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.config.steps import Target
from maestro_fabric.errors import TransportError

__all__ = ["SeleniumEngine"]

_MAX_FRAMES = 4
_PICTURE_QUALITY = 50
_LOOK_S = 0.02
# ChromeDriver leaves a mark of its own on each frame that it enters: checks of the page would show both.
_UNMARK = """
const frame = document.querySelector(`[data-maestro-frame="${arguments[0]}"]`);
for (const mark of ['data-maestro-frame', 'cd_frame_id_']) frame?.removeAttribute(mark);
"""
_UNFINISHED = (".crdownload", ".part", ".tmp")


@dataclass(slots=True, kw_only=True)
class SeleniumEngine:
    """The browser as one case has it.

    Attributes:
        commands: Sends the case's commands.
        settings: The suite's ``browser``.
        debugger: Chromium's DevTools address, ``host:port``; empty where there is none.
        faults: Reads Selenium's errors.
    """

    commands: Commands
    settings: BrowserConfig
    debugger: str = ""
    faults: Faults = field(default_factory=SeleniumFaults)
    _tabs: list[SeleniumTab] = field(default_factory=list)
    _traffic: Traffic | None = None

    def tabs(self) -> list[SeleniumTab]:
        """The open tabs in the order in which they were first seen."""
        handles = self.commands.send(lambda: self.commands.driver.window_handles)
        known = {tab.handle: tab for tab in self._tabs}
        kept = [tab for tab in self._tabs if tab.handle in handles]
        self._tabs = kept + [SeleniumTab(self.commands, handle) for handle in handles if handle not in known]
        return list(self._tabs)

    def locate(self, tab: SeleniumTab, target: Target, key: str) -> Element:
        """An element of ours."""
        locator = locator_of(target, key, self.settings.test_id_attribute)
        return SeleniumElement(self.commands, tab.handle, frames_of(target), locator)

    def ask(self, tab: SeleniumTab, script: str, arg: Any) -> Any:
        """What a function gives in the page, in one call."""
        self.commands.enter(tab.handle)
        return self.commands.script(f"return ({script})(arguments[0])", arg)

    def ask_often(self, tab: SeleniumTab, script: str, arg: Any) -> Any:
        """The same; WebDriver has no place to keep it."""
        return self.ask(tab, script, arg)

    def ask_all(self, tab: SeleniumTab, target: Target, key: str, script: str, arg: Any) -> Any:
        """What a function of elements gives."""
        return self.locate(tab, target, key).evaluate_all(script, arg)

    def ask_frames(self, tab: SeleniumTab, script: str, arg: Any) -> list[Any]:
        """What a function gives in the page and its first frames."""
        text = f"return ({script})(arguments[0])"
        self.commands.enter(tab.handle)
        answers = [self.commands.script(text, arg)]
        for number in range(1, 1 + min(_MAX_FRAMES, self.commands.script("return document.querySelectorAll('iframe,frame').length"))):
            selector = f"maestro-frame-{number}"
            mark = "document.querySelectorAll('iframe,frame')[arguments[0]].setAttribute('data-maestro-frame', arguments[1])"
            self.commands.enter(tab.handle)
            self.commands.script(mark, number - 1, selector)
            if self.commands.enter(tab.handle, (f"[data-maestro-frame={selector}]",)):
                answers.append(self.commands.script(text, arg))
            self.commands.enter(tab.handle)
            self.commands.script(_UNMARK, selector)
        return answers

    def picture(self, tab: SeleniumTab, timeout: float) -> bytes:
        """A JPEG by DevTools, else a PNG."""
        if not self.commands.is_chromium:
            return tab.screenshot(timeout=timeout)
        self.commands.enter(tab.handle)
        answer = self.commands.devtools("Page.captureScreenshot", format="jpeg", quality=_PICTURE_QUALITY)
        return base64.b64decode(answer["data"])

    def set_cookie(self, cookie: Mapping[str, Any]) -> None:
        """Set it by DevTools, or by WebDriver for the current page."""
        self._cookies().set(cookie)

    def fetch(self, call: HttpCall) -> Response:
        """Call over HTTP from here, with the browser's cookies, which the answer may change."""
        return fetch(call, self._cookies(), verify=not self.settings.ignore_https_errors)

    def route(self, url: str, is_meant: Callable[[str], bool], reply: Reply | None) -> None:
        """Route the current tab's requests over a DevTools connection of our own."""
        if self._traffic is None:
            self._traffic = Traffic(self.debugger)
        self._traffic.add(self.commands.driver.current_window_handle, url, is_meant, reply)

    def download(self, tab: SeleniumTab, start: Callable[[], object], keep: Callable[[str], Path], timeout: float) -> tuple[str, Path]:
        """Wait for a file in a folder that only this download is put into.

        Raises:
            TransportError: when none begins in time, or it does not end.
        """
        until = time.monotonic() + timeout / 1000
        with tempfile.TemporaryDirectory(prefix="maestro-download-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            self.commands.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=name)
            # The click leads to no page.
            self.commands.leaving_s, leaving_s = 0.0, self.commands.leaving_s
            start()
            self.commands.leaving_s = leaving_s
            file = _downloaded(folder, until, timeout)
            self.commands.devtools("Browser.setDownloadBehavior", behavior="deny")
            path = keep(file.name)
            shutil.move(file, path)
            return file.name, path

    def for_calls(self, tab: SeleniumTab) -> Any:
        """Selenium's driver; where the function leaves it does not matter."""
        driver = tab.driver
        self.commands.leave()
        return driver

    def answers(self) -> bool:
        """Whether the browser still does."""
        try:
            return bool(self.commands.driver.window_handles)
        except (WebDriverException, HTTPError, ConnectionError):
            return False

    def origin(self, tab: SeleniumTab) -> tuple[str, int]:
        """What the browser's record of the navigation says."""
        address, status = tab.evaluate(ORIGIN)
        return str(address), int(status)

    def keep_trace(self, path: Path) -> None:
        """Nothing: WebDriver records no traces, which the config's check says."""

    def close(self) -> None:
        """End what belongs to the case alone."""
        if self._traffic is not None:
            self._traffic.close()
            self._traffic = None

    def _cookies(self) -> Cookies:
        return Cookies(self.commands)


def _downloaded(folder: Path, until: float, timeout: float) -> Path:
    """The file that has come into a folder."""
    while not (files := list(folder.iterdir())) or any(file.suffix in _UNFINISHED for file in files):
        if time.monotonic() >= until:
            spent = format_duration(timeout / 1000)
            raise TransportError(f"no download began within {spent} of the click" if not files else f"{files[0].name}: no end in {spent}")
        time.sleep(_LOOK_S)
    return files[0]
