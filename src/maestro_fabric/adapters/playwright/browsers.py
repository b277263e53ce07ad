"""The browsers of this process: one for each engine and way of starting it, kept over suites. Used in the driver's thread only."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.find import browser_help, find_browser
from maestro_fabric.adapters.playwright.internals import ignored_loss
from maestro_fabric.adapters.playwright.kept_scripts import KeptScripts
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.errors import ConfigError, PluginError, TransportError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType, Playwright

__all__ = ["Browsers", "LaunchKey", "context_options"]


@dataclass(frozen=True, slots=True)
class LaunchKey:
    """What makes two suites need different browsers."""

    engine: str
    headed: bool
    executable: str | None
    args: tuple[str, ...]
    remote: str | None

    @classmethod
    def of(cls, settings: BrowserConfig, *, headed: bool) -> LaunchKey:
        """The key of a suite's settings."""
        return cls(settings.engine, headed, settings.executable, tuple(settings.args), settings.remote)


@dataclass(slots=True)
class Browsers:
    """Started browsers by their key, and the functions that their pages have in common."""

    playwright: Playwright
    kept: KeptScripts = field(init=False)
    _open: dict[LaunchKey, Browser] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept = KeptScripts(self.playwright.selectors)

    def get(self, key: LaunchKey) -> Browser:
        """The browser, started or connected to when it is not there or has died.

        Raises:
            PluginError: when there is no such browser, or it does not start.
            TransportError: when a remote one does not answer.
        """
        browser = self._open.get(key)
        if browser is None or not browser.is_connected():
            browser = self._open[key] = _connect(self.playwright, key) if key.remote else _launch(self.playwright, key)
        return browser

    def close(self) -> None:
        """End them all."""
        for browser in self._open.values():
            # One that has died is what was wanted.
            with ignored_loss():
                browser.close()
        self._open.clear()


def context_options(playwright: Playwright, settings: BrowserConfig) -> dict[str, Any]:
    """The settings as arguments of ``new_context``.

    Raises:
        ConfigError: when Playwright does not know the device.
    """
    options: dict[str, Any] = {}
    if settings.device is not None:
        options |= _device(playwright.devices, settings.device)
    if settings.viewport is not None:
        width, height = settings.viewport.split("x")
        options["viewport"] = {"width": int(width), "height": int(height)}
    named = {"locale": settings.locale, "timezone_id": settings.timezone, "ignore_https_errors": settings.ignore_https_errors or None}
    return options | {name: value for name, value in named.items() if value is not None}


def _device(devices: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name not in devices:
        near = difflib.get_close_matches(name, list(devices), n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see playwright.dev/python/docs/emulation"
        raise ConfigError(f"Playwright knows no device {name!r}: {hint}")
    return {key: value for key, value in devices[name].items() if key != "default_browser_type"}


def _launch(playwright: Playwright, key: LaunchKey) -> Browser:
    from playwright.sync_api import Error

    found = find_browser(key.engine, key.executable, os.environ, headed=key.headed)
    if found is None:
        raise PluginError(browser_help(key.engine))
    try:
        return _engine(playwright, key).launch(executable_path=found.path, headless=not key.headed, args=list(key.args))
    except Error as exc:
        raise PluginError(f"{found.path} (from {found.source}) did not start: {_reason(str(exc), headed=key.headed)}") from exc


def _connect(playwright: Playwright, key: LaunchKey) -> Browser:
    from playwright.sync_api import Error

    address = key.remote or ""
    try:
        if address.startswith("http"):
            return playwright.chromium.connect_over_cdp(address)
        return _engine(playwright, key).connect(address)
    except Error as exc:
        raise TransportError(f"the remote browser {address} did not answer: {_reason(str(exc), headed=False)}") from exc


def _engine(playwright: Playwright, key: LaunchKey) -> BrowserType:
    engine: BrowserType = getattr(playwright, key.engine)
    return engine


def _reason(text: str, *, headed: bool) -> str:
    if headed and ("DISPLAY" in text or "XServer" in text or "X server" in text):
        return "there is no display to show a window on: leave out --maestro-headed, or run it under xvfb-run"
    lines = [line.strip(" ║╔╗╚╝═") for line in text.splitlines()]
    return " ".join(line for line in lines if line)[:400]
