"""A tab, with the names of Playwright's page."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium.common.exceptions import WebDriverException

from maestro_fabric.adapters.selenium import keys
from maestro_fabric.adapters.selenium.commands import Commands
from maestro_fabric.adapters.selenium.faults import NotReady, is_in_between
from maestro_fabric.adapters.selenium.page import SETTLED, VALUE_OF

__all__ = ["SeleniumTab"]


@dataclass(frozen=True, slots=True)
class SeleniumTab:
    """A tab by its handle.

    Attributes:
        commands: The case's.
        handle: WebDriver's name for it.
    """

    commands: Commands
    handle: str

    @property
    def driver(self) -> Any:
        """Selenium's driver, with this tab the current one, for functions of a ``call`` step."""
        self.commands.enter(self.handle)
        return self.commands.driver

    @property
    def url(self) -> str:
        """The address."""
        return str(self._send(lambda: self.commands.driver.current_url))

    @property
    def keyboard(self) -> SeleniumTab:
        """The keys for what has the focus."""
        return self

    def type(self, text: str, *, delay: float) -> None:
        """Type into what has the focus."""
        self.commands.enter(self.handle)
        self.commands.perform(keys.type_text(text, delay))

    def press(self, key: str) -> None:
        """Press a key on what has the focus."""
        self.commands.enter(self.handle)
        self.commands.perform(keys.press_key(key))

    def title(self) -> str:
        """The title."""
        return str(self._send(lambda: self.commands.driver.title))

    def content(self) -> str:
        """The HTML as it is now."""
        return str(self._send(lambda: self.commands.driver.page_source))

    def goto(self, url: str, *, wait_until: str, timeout: float) -> None:
        """Go to an address."""
        self._travel(lambda: self.commands.driver.get(url), wait_until, timeout, url)

    def go_back(self, *, wait_until: str, timeout: float) -> None:
        """Go back."""
        self._travel(self.commands.driver.back, wait_until, timeout, "the page before")

    def reload(self, *, wait_until: str, timeout: float) -> None:
        """Load it anew."""
        self._travel(self.commands.driver.refresh, wait_until, timeout, "the page")

    def bring_to_front(self) -> None:
        """Have the next commands meant for it."""
        self.commands.enter(self.handle)

    def close(self) -> None:
        """Close it."""
        self._send(self.commands.driver.close)
        self.commands.leave()

    def evaluate(self, script: str, arg: Any = None) -> Any:
        """What an expression or function gives."""
        self.commands.enter(self.handle)
        value = self.commands.script(VALUE_OF, script, arg)
        self.commands.answer_dialog()
        return value

    def screenshot(self, *, timeout: float, path: Path | None = None, full_page: bool = False) -> bytes:
        """A picture, as PNG."""
        self.commands.enter(self.handle)
        if full_page and self.commands.is_chromium:
            answer = self.commands.devtools("Page.captureScreenshot", captureBeyondViewport=True, format="png", clip=self._whole())
            picture = base64.b64decode(answer["data"])
        else:
            picture = self.commands.send(self.commands.driver.get_screenshot_as_png)
        if path is not None:
            path.write_bytes(picture)
        return picture

    def wait_for_timeout(self, timeout: float) -> None:
        """Wait, then answer a dialog that came meanwhile."""
        time.sleep(timeout / 1000)
        self.commands.answer_dialog()

    def _send(self, command: Callable[[], Any]) -> Any:
        self.commands.enter(self.handle)
        return self.commands.send(command)

    def _whole(self) -> dict[str, float]:
        size = self.commands.devtools("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}

    def _travel(self, go: Callable[[], object], wait_until: str, timeout: float, goal: str) -> None:
        until = time.monotonic() + timeout / 1000
        self.commands.enter(self.handle)
        self.commands.limit_loading(timeout)
        self.commands.send(go)
        while True:
            left_ms = (until - time.monotonic()) * 1000
            try:
                answer = self.commands.script(SETTLED, wait_until, max(0.0, left_ms))
            except WebDriverException as exc:
                # A page that leads on at once.
                if not is_in_between(exc) or left_ms <= 0:
                    raise
                continue
            if answer is None:
                raise NotReady(None)
            if answer:
                raise WebDriverException(f"net::{answer} at {goal}")
            return
