"""Selenium's errors as ours, and what the script in the page has to say."""

from __future__ import annotations

import re

from selenium.common.exceptions import (
    InvalidSessionIdException,
    NoSuchWindowException,
    StaleElementReferenceException,
    TimeoutException,
    WebDriverException,
)
from urllib3.exceptions import HTTPError

from maestro_fabric.adapters.browser.advice import advise
from maestro_fabric.errors import MaestroError

__all__ = ["NotReady", "SeleniumFaults", "Several", "is_in_between"]

_CLOSED = re.compile(
    r"disconnected|not connected to DevTools|chrome not reachable|session deleted|browser has closed|target window already closed"
    r"|Connection refused|Connection aborted|Max retries|RemoteDisconnected|Read timed out|invalid session id"
)
_IN_BETWEEN = re.compile(
    r"aborted by navigation|document unloaded|Execution context was destroyed|Cannot find context|[Ff]rame was detached"
    r"|target frame detached|no such execution context|Inspected target navigated"
)


class NotReady(Exception):
    """No element came in time, or the one that did was not ready; ``reason`` says why not, and is ``None`` without one."""

    def __init__(self, reason: str | None) -> None:
        self.reason = reason
        super().__init__(reason or "no element matches")


class Several(Exception):
    """More elements match than the one that is meant."""


class SeleniumFaults:
    """The errors of Selenium's calls, of its connection, and of the script in the page."""

    errors: tuple[type[Exception], ...] = (WebDriverException, HTTPError, ConnectionError, NotReady, Several)
    timeouts: tuple[type[Exception], ...] = (NotReady, TimeoutException)

    def translate(self, exc: Exception) -> MaestroError:
        """Our error, with what to do where that is known."""
        text = exc.msg or type(exc).__name__ if isinstance(exc, WebDriverException) else str(exc)
        line = re.sub(r"^(?:unknown error|javascript error|invalid element state|invalid argument): ", "", text.strip().splitlines()[0])
        return advise(text, line)

    def is_ambiguous(self, exc: Exception) -> bool:
        """Whether several elements match where one is meant."""
        return isinstance(exc, Several)

    def is_closed(self, exc: Exception) -> bool:
        """Whether the tab or the browser has gone."""
        gone = (InvalidSessionIdException, NoSuchWindowException, HTTPError, ConnectionError)
        return isinstance(exc, gone) or _CLOSED.search(str(exc)) is not None

    def is_in_between(self, exc: Exception) -> bool:
        """See `is_in_between`."""
        return is_in_between(exc)

    def reason_not_ready(self, exc: Exception) -> str | None:
        """Why an element that was found could not be acted on."""
        return exc.reason if isinstance(exc, NotReady) else None


def is_in_between(exc: Exception) -> bool:
    """Whether a page was just being replaced by another one."""
    return isinstance(exc, StaleElementReferenceException) or _IN_BETWEEN.search(str(exc)) is not None
