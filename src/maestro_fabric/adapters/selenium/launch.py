"""Starts a browser behind its driver, or connects to a Grid."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from selenium.common.exceptions import NoSuchDriverException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, Firefox, FirefoxOptions
from selenium.webdriver.chrome.service import Service as ChromeService
from selenium.webdriver.common.selenium_manager import SeleniumManager
from selenium.webdriver.firefox.service import Service as FirefoxService
from selenium.webdriver.remote.webdriver import WebDriver
from urllib3.exceptions import HTTPError

from maestro_fabric.adapters.browser.find import browser_help, find_browser
from maestro_fabric.adapters.selenium.drivers import FoundDriver, driver_help, find_driver
from maestro_fabric.adapters.selenium.grid import Grid, connect
from maestro_fabric.errors import PluginError, TransportError

__all__ = ["Launch", "Launched", "launch"]

_ONLINE = ("storage.googleapis.com", 443)
_ONLINE_WITHIN_S = 1.0
_SCRIPT_S = 3600.0
_QUIET = (
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--hide-scrollbars",
    "--mute-audio",
    "--force-color-profile=srgb",
)


class Program(Protocol):
    """A driver's process."""

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""

    def stop(self) -> None:
        """End it and all that it started."""


StartProgram = Callable[[Sequence[str]], Program]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What makes two suites need different browsers; `remote` is a Grid's address."""

    engine: str = "chromium"
    headed: bool = False
    executable: str | None = None
    driver: str | None = None
    args: tuple[str, ...] = ()
    remote: str | None = None
    ignore_https_errors: bool = False


@dataclass(slots=True, eq=False)
class Launched:
    """A browser that runs.

    Attributes:
        driver: Selenium's.
        program: The driver's process; ``None`` for a Grid's.
        is_used: Whether a case was played in it, whose traces are there.
    """

    driver: WebDriver
    program: Program | None
    is_used: bool = False

    @property
    def is_chromium(self) -> bool:
        """Whether DevTools commands can be sent."""
        return "goog:chromeOptions" in self.driver.capabilities

    @property
    def debugger(self) -> str:
        """The DevTools address, ``host:port``; empty when there is none on this machine."""
        return "" if self.program is None else str(self.driver.capabilities.get("goog:chromeOptions", {}).get("debuggerAddress", ""))

    def is_alive(self) -> bool:
        """Whether the driver's process still runs; of a Grid's that is not known."""
        return self.program is None or self.program.is_alive

    def limit(self, left_s: Callable[[], float]) -> None:
        """Have calls end in this time, where killing a process here would not end them."""
        if isinstance(self.driver, Grid):
            self.driver.limit(left_s)

    def kill(self) -> None:
        """End the processes without asking the browser; a Grid ends its own."""
        if self.program is not None:
            self.program.stop()
        elif isinstance(self.driver, Grid):
            self.driver.end()

    def end(self) -> None:
        """Close the browser and end its processes, also those that closing leaves behind."""
        if self.program is not None:
            # A browser that has died is what was wanted.
            with contextlib.suppress(WebDriverException, HTTPError, OSError):
                self.driver.quit()
        self.kill()


def launch(
    wanted: Launch, environ: Mapping[str, str], start: StartProgram | None = None, left_s: Callable[[], float] = lambda: _SCRIPT_S
) -> Launched:
    """Start a browser, or connect to a Grid.

    Args:
        wanted: Which.
        environ: The environment, to find the programs.
        start: Starts a program so that it ends with this process; without, it is a process group of its own.
        left_s: How long a Grid may take; its queue can be long.

    Raises:
        PluginError: when a program is missing or does not start.
        TransportError: when the Grid does not answer.
    """
    launched = Launched(_connect(wanted, left_s), None) if wanted.remote is not None else _start(wanted, environ, start or _Group)
    launched.driver.set_script_timeout(_SCRIPT_S)
    return launched


def _start(wanted: Launch, environ: Mapping[str, str], start: StartProgram) -> Launched:
    browser = find_browser(wanted.engine, wanted.executable, environ, headed=wanted.headed)
    if browser is None and wanted.engine == "chromium":
        raise PluginError(browser_help("chromium"))
    options = _options(wanted, str(browser.path) if browser is not None and wanted.engine == "chromium" else wanted.executable)
    program = browser.path if browser is not None else None
    found = find_driver(wanted.engine, wanted.driver, environ, browser=program) or _managed(wanted, environ, options)
    if not found.path.is_file():
        raise PluginError(f"{found.path} (from {found.source}) is not there: correct it, or leave it out and one is looked for")
    service: Any = _ChromeService(found, start) if wanted.engine == "chromium" else _FirefoxService(found, start)
    try:
        driver: WebDriver = (
            Chrome(options=options, service=service) if wanted.engine == "chromium" else Firefox(options=options, service=service)
        )
    except (WebDriverException, HTTPError, OSError) as exc:
        service.stop()
        what = f"{browser.path} (from {browser.source})" if browser is not None else wanted.engine
        reason = _reason(exc, headed=wanted.headed)
        mend = "; a driver takes its own version only: run `maestro doctor --install-browser`" if "only supports Chrome" in reason else ""
        raise PluginError(f"{what} did not start by {found.path} (from {found.source}): {reason}{mend}") from exc
    return Launched(driver, service.program)


def _connect(wanted: Launch, left_s: Callable[[], float]) -> WebDriver:
    try:
        return connect(wanted.remote or "", _options(wanted, wanted.executable), left_s)
    except (WebDriverException, HTTPError, OSError) as exc:
        raise TransportError(f"the Selenium Grid {wanted.remote} did not answer: {_reason(exc, headed=False)}; is it up?") from exc


def _options(wanted: Launch, program: str | None) -> Any:
    options: Any = ChromeOptions() if wanted.engine == "chromium" else FirefoxOptions()
    if program is not None:
        options.binary_location = program
    # A click must not wait for the pictures of the page that it leads to; `open` waits for them itself.
    options.page_load_strategy = "eager"
    options.set_capability("unhandledPromptBehavior", "ignore")
    options.accept_insecure_certs = wanted.ignore_https_errors
    arguments = list(wanted.args)
    if wanted.engine == "chromium":
        arguments += _QUIET
        if not wanted.headed:
            arguments.append("--headless")
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.append("--no-sandbox")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        options.add_experimental_option("perfLoggingPrefs", {"enableNetwork": False, "enablePage": True})
    elif not wanted.headed:
        arguments.append("-headless")
    for argument in arguments:
        options.add_argument(argument)
    return options


def _managed(wanted: Launch, environ: Mapping[str, str], options: Any) -> FoundDriver:
    """What Selenium Manager downloads: the last resort, and only when that cannot cost seconds in vain."""
    if environ.get("SE_OFFLINE", "").lower() == "true" or not _is_online():
        raise PluginError(driver_help(wanted.engine))
    arguments = ["--browser", options.capabilities["browserName"], "--avoid-stats"]
    if options.binary_location:
        arguments += ["--browser-path", options.binary_location]
    try:
        path = SeleniumManager().binary_paths(arguments)["driver_path"]
    except (NoSuchDriverException, WebDriverException) as exc:
        raise PluginError(f"{driver_help(wanted.engine)} (Selenium Manager: {_reason(exc, headed=False)})") from exc
    return FoundDriver(Path(path), "Selenium Manager")


def _is_online() -> bool:
    try:
        socket.create_connection(_ONLINE, _ONLINE_WITHIN_S).close()
    except OSError:
        return False
    return True


def _reason(exc: Exception, *, headed: bool) -> str:
    text = (exc.msg or "") if isinstance(exc, WebDriverException) else str(exc)
    if headed and "DevToolsActivePort" in text:
        return "there may be no display to show a window on: leave out --maestro-headed, or run it under xvfb-run"
    return " ".join(text.split())[:400]


class _Group:
    """A program in a process group of its own, which is ended as a whole."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - a program that was looked for, with arguments of ours
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the group."""
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class _OwnProcess:
    """A service of Selenium's whose process is started, and ended, in our way."""

    program: Program | None = None
    _start: StartProgram
    process: Any = None

    def _start_process(self, path: str) -> None:
        self.program = self._start([path, *self.command_line_args()])  # type: ignore[attr-defined]  # of the class it is mixed into

    def assert_process_still_running(self) -> None:
        """Raise when it has ended."""
        if self.program is None or not self.program.is_alive:
            raise WebDriverException("the driver ended at once")

    def stop(self) -> None:
        """End it and the browser."""
        if self.program is not None:
            self.program.stop()


class _ChromeService(_OwnProcess, ChromeService):
    def __init__(self, found: FoundDriver, start: StartProgram) -> None:
        self._start = start
        super().__init__(str(found.path))

    def env_path(self) -> str | None:
        return None


class _FirefoxService(_OwnProcess, FirefoxService):
    def __init__(self, found: FoundDriver, start: StartProgram) -> None:
        self._start = start
        super().__init__(str(found.path))

    def env_path(self) -> str | None:
        return None
