"""Playwright's errors as ours."""

from __future__ import annotations

import re

from maestro_fabric.adapters.browser.advice import advise
from maestro_fabric.errors import MaestroError

__all__ = ["PlaywrightFaults", "is_closed", "reason_not_ready", "translate"]

_CALL = re.compile(r"^(?:\w+\.\w+: )?(?:Error: )?")
_NOT_READY = (
    (re.compile(r"(<.+?>.*) intercepts pointer events"), r"it is covered by \1"),
    (re.compile(r"element is not (visible|enabled|editable|stable)"), r"it is not \1"),
    (re.compile(r"element is (outside of the viewport)"), r"it is \1"),
    (re.compile(r"did not find some options"), "the list has no such option"),
    (re.compile(r"element was detached from the DOM"), "it was taken off the page again and again"),
)
_IN_BETWEEN = re.compile(r"Execution context was destroyed|Cannot find context|[Ff]rame was detached|navigating")
_CLOSED = re.compile(r"has been closed|Connection closed|connection closed|Browser closed|interrupted: no time is left")


class PlaywrightFaults:
    """The errors of Playwright's calls."""

    def __init__(self) -> None:
        # Imported late: loading this module must not load Playwright.
        from playwright.sync_api import Error, TimeoutError  # noqa: A004 - Playwright's own name

        self.errors: tuple[type[Exception], ...] = (Error,)
        self.timeouts: tuple[type[Exception], ...] = (TimeoutError,)

    def translate(self, exc: Exception) -> MaestroError:
        """See `translate`."""
        return translate(exc)

    def is_ambiguous(self, exc: Exception) -> bool:
        """Whether several elements match where one is meant."""
        return "strict mode violation" in str(exc)

    def is_closed(self, exc: Exception) -> bool:
        """See `is_closed`."""
        return is_closed(exc)

    def is_in_between(self, exc: Exception) -> bool:
        """Whether a page was just being replaced by another one."""
        return _IN_BETWEEN.search(str(exc)) is not None

    def reason_not_ready(self, exc: Exception) -> str | None:
        """See `reason_not_ready`."""
        return reason_not_ready(str(exc))


def translate(exc: Exception) -> MaestroError:
    """Our error for one of Playwright's, with what to do where that is known."""
    text = str(exc)
    return advise(text, _first_line(text))


def reason_not_ready(text: str) -> str | None:
    """Why an element that was found could not be acted on, from the call's log; ``None`` when none was found."""
    if "locator resolved to" not in text:
        return None
    lines = text.splitlines()
    for line in reversed(lines):
        for pattern, reason in _NOT_READY:
            match = pattern.search(line)
            if match is not None:
                return match.expand(reason)
    return f"it did not become ready: {lines[-1].strip(' -')}"


def is_closed(exc: Exception) -> bool:
    """Whether the error says that the page, the context or the browser has gone."""
    return _CLOSED.search(str(exc)) is not None


def _first_line(text: str) -> str:
    line = text.partition("\nCall log:")[0].strip()
    return _CALL.sub("", line, count=1)
