"""WebDriver's commands as one case sends them: in the right tab and frame, and with dialogs answered on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from selenium.common.exceptions import (
    ElementNotInteractableException,
    NoAlertPresentException,
    NoSuchFrameException,
    NoSuchWindowException,
    StaleElementReferenceException,
    UnexpectedAlertPresentException,
    WebDriverException,
)
from selenium.webdriver.common.alert import Alert
from selenium.webdriver.remote.webdriver import WebDriver
from urllib3.exceptions import HTTPError

from maestro_fabric.adapters.browser.dialogs import Dialogs
from maestro_fabric.adapters.selenium.faults import NotReady, Several, is_in_between
from maestro_fabric.adapters.selenium.page import LEAVING, act, find_frame

__all__ = ["Commands", "Found"]

Result = TypeVar("Result")

# More dialogs than this in a row, and the page opens them in a circle.
_MAX_DIALOGS = 20
# The script in the page waits no longer than this at once, so that a lost answer costs no more.
_CHUNK_MS = 2000.0
_PAUSE_S = 0.03


@dataclass(frozen=True, slots=True)
class Found:
    """An element that was ready, the point to act on in its window, and what a deed gave."""

    element: Any
    x: int = 0
    y: int = 0
    value: Any = None


@dataclass(slots=True)
class Commands:
    """Sends commands for one case.

    Attributes:
        driver: Selenium's driver.
        dialogs: Answers dialogs.
        is_chromium: Whether DevTools commands can be sent.
        leaving_s: How long a page may take to be replaced by the one that a click leads to.
    """

    driver: WebDriver
    dialogs: Dialogs
    is_chromium: bool
    leaving_s: float = 5.0
    _tab: str = ""
    _offset: tuple[float, float] = (0.0, 0.0)
    _in_frame: bool = False
    _loading_ms: int = 0

    def send(self, command: Callable[[], Result]) -> Result:
        """What a command gives; a dialog that is in its way is answered first."""
        for _ in range(_MAX_DIALOGS):
            try:
                return command()
            except UnexpectedAlertPresentException:
                self.answer_dialog()
        return command()

    def devtools(self, command: str, **parameters: Any) -> Any:
        """What Chromium's DevTools answer."""
        return self.send(lambda: self.driver.execute("executeCdpCommand", {"cmd": command, "params": parameters})["value"])

    def log(self, kind: str) -> list[Any]:
        """Chromium's latest entries of a log: ``browser`` or ``performance``."""
        # Not `get_log`, which a Grid's driver does not have.
        entries: list[Any] = self.driver.execute("getLog", {"type": kind})["value"]
        return entries

    def enter(self, tab: str, frames: Sequence[str] = ()) -> bool:
        """Have the next commands meant for a tab and a frame in it; whether the frames are there."""
        if tab != self._tab:
            self.send(lambda: self.driver.switch_to.window(tab))
            self._tab, self._in_frame = tab, False
        if self._in_frame:
            self.send(self.driver.switch_to.default_content)
            self._in_frame, self._offset = False, (0.0, 0.0)
        return all(self._enter_frame(frame) for frame in frames)

    def limit_loading(self, limit_ms: float) -> None:
        """Have a page given up that does not answer within so many milliseconds."""
        limit = max(1, int(limit_ms))
        if abs(limit - self._loading_ms) > limit // 10:
            self.send(lambda: self.driver.set_page_load_timeout(limit / 1000))
            self._loading_ms = limit

    def leave(self) -> None:
        """Forget the current tab; it was closed."""
        self._tab, self._in_frame = "", False

    def script(self, text: str, *arguments: Any) -> Any:
        """What a script gives in the entered frame; a promise is waited for."""
        return self.send(lambda: self.driver.execute_script(text, *arguments))

    def ready(
        self, tab: str, frames: Sequence[str], locator: Any, wanted: Any, limit_ms: float, deed: str | None = None, argument: Any = None
    ) -> Found:
        """The one element that matches, when it is ready in time; a deed is done with it in the same call.

        Raises:
            NotReady: when none came, or it did not become ready.
            Several: when more than one matches.
        """
        until = time.monotonic() + limit_ms / 1000
        while True:
            left_ms = (until - time.monotonic()) * 1000
            answer = self._ask(tab, frames, locator, wanted, max(0.0, min(left_ms, _CHUNK_MS)), deed, argument)
            if "element" in answer:
                left, top = self._offset
                x, y = int(answer.get("x", 0) + left), int(answer.get("y", 0) + top)
                return Found(answer["element"], x, y, answer.get("value"))
            if "count" in answer:
                raise Several(f"{answer['count']} elements match")
            if time.monotonic() >= until:
                raise NotReady(answer["reason"])

    def perform(self, actions: list[dict[str, Any]]) -> None:
        """Do what mouse and keyboard do, then answer a dialog that this opened, and wait for the page that it leads to.

        As Playwright does: else an ``open`` that follows would overtake the form that was just sent.
        """
        self.send(lambda: self.driver.execute("actions", {"actions": actions}))
        until = time.monotonic() + self.leaving_s
        while self._is_leaving() and time.monotonic() < until:
            time.sleep(_PAUSE_S)

    def answer_dialog(self) -> None:
        """Answer the dialog that is open, if there is one."""
        try:
            alert = self.driver.switch_to.alert
        except (NoAlertPresentException, NoSuchWindowException):
            return
        prompt = _Prompt(alert, self._kind_of(alert))
        # The page may go while its dialog is open.
        with suppress(WebDriverException, HTTPError, OSError):
            self.dialogs.handle(prompt)

    def _ask(
        self, tab: str, frames: Sequence[str], locator: Any, wanted: Any, limit_ms: float, deed: str | None, argument: Any
    ) -> dict[str, Any]:
        try:
            if not self.enter(tab, frames):
                time.sleep(_PAUSE_S)
                return {"reason": None}
            answer: dict[str, Any] = self.script(act(), locator, wanted, limit_ms, deed, argument)
        except WebDriverException as exc:
            if not is_in_between(exc):
                raise
            self._in_frame = True
            time.sleep(_PAUSE_S)
            return {"reason": None}
        return answer

    def _is_leaving(self) -> bool:
        try:
            return bool(self.script(LEAVING))
        except NoSuchWindowException:
            # The click closed the tab.
            return False
        except WebDriverException as exc:
            if not is_in_between(exc):
                raise
            self._in_frame = True
            return True

    def _enter_frame(self, selector: str) -> bool:
        found = self.script(find_frame(), selector)
        if found is None:
            return False
        frame, left, top = found
        try:
            self.send(lambda: self.driver.switch_to.frame(frame))
        except (NoSuchFrameException, StaleElementReferenceException):
            return False
        self._in_frame = True
        self._offset = (self._offset[0] + left, self._offset[1] + top)
        return True

    def _kind_of(self, alert: Alert) -> str:
        """WebDriver does not say which kind it is; Chromium's log does, and only a prompt takes a text."""
        if self.is_chromium:
            events = (json.loads(entry["message"])["message"] for entry in self.log("performance"))
            opened = [event["params"]["type"] for event in events if event["method"] == "Page.javascriptDialogOpening"]
            return str(opened[-1]) if opened else "alert"
        try:
            alert.send_keys("")
        except ElementNotInteractableException:
            return "alert"
        return "prompt"


@dataclass(frozen=True, slots=True)
class _Prompt:
    alert: Alert
    type: str

    @property
    def message(self) -> str:
        return str(self.alert.text)

    def accept(self, prompt_text: str | None = None) -> None:
        if prompt_text is not None:
            self.alert.send_keys(prompt_text)
        self.alert.accept()

    def dismiss(self) -> None:
        self.alert.dismiss()
