"""A browser on a Selenium Grid, whose calls end in time although no process here could be killed to end them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Remote
from selenium.webdriver.remote.client_config import ClientConfig
from urllib3.exceptions import HTTPError

__all__ = ["Grid", "connect"]

_REACHED_WITHIN_S = 5.0
_LEFT_WITHIN_S = 2.0
# Calls end this much later than the case, which then knows why.
_SLACK_S = 1.0
_LONGEST_S = 3600.0


class Grid(Remote):
    """Selenium's driver of a Grid.

    Attributes:
        left_s: How long a call may take that is made now.
    """

    left_s: Callable[[], float]

    def __init__(self, address: str, options: Any, left_s: Callable[[], float]) -> None:
        self.left_s = left_s
        # Without urllib3's own tries: each would have the whole time again.
        self._config = ClientConfig(address, init_args_for_pool_manager={"init_args_for_pool_manager": {"retries": False}})
        super().__init__(command_executor=address, options=options, client_config=self._config)

    def execute(self, driver_command: Any, params: dict[str, Any] | None = None) -> Any:
        """What a command gives, if it does in the time that is left."""
        self._config.timeout = max(0.1, min(_LONGEST_S, self.left_s() + _SLACK_S))
        return super().execute(driver_command, params)

    def limit(self, left_s: Callable[[], float]) -> None:
        """Have the calls to come, and scripts in the page, end in this time."""
        self.left_s = left_s
        self.set_script_timeout(max(0.1, min(_LONGEST_S, left_s() + _SLACK_S / 2)))

    def end(self) -> None:
        """Have the Grid end the browser; one that does not answer will do so when its own time is over."""
        if self.session_id is None:
            return
        self.left_s = lambda: _LEFT_WITHIN_S - _SLACK_S
        with contextlib.suppress(WebDriverException, HTTPError, OSError):
            self.quit()
        self.session_id = None


def connect(address: str, options: Any, left_s: Callable[[], float]) -> Grid:
    """A new browser of a Grid.

    Raises:
        OSError: when nothing listens there.
        WebDriverException: when the Grid has no such browser.
        HTTPError: when it does not answer in time.
    """
    parts = urlsplit(address)
    # Asked first: a machine that does not answer at all would take the whole time of the case.
    socket.create_connection((parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)), _REACHED_WITHIN_S).close()
    return Grid(address, options, left_s)
