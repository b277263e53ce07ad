"""The adapter: what a suite needs, which cases it has, and a session to run them in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal, cast

from pydantic import Field, ValidationInfo, field_validator

from maestro_fabric.adapters.browser.attempts import Attempts
from maestro_fabric.adapters.browser.find import is_installed
from maestro_fabric.adapters.browser.rows import read_rows
from maestro_fabric.config.expand import expand_cases
from maestro_fabric.config.models import BrowserConfig, BrowserSuite, SuiteConfig
from maestro_fabric.config.templates import truth
from maestro_fabric.errors import PluginError
from maestro_fabric.model import Case
from maestro_fabric.ports import ADAPTER_API, Context, Session

__all__ = ["SeleniumAdapter", "SeleniumBrowserConfig", "SeleniumSuite"]

_MISSING = 'adapter selenium needs an extra: pip install "pytest-maestro[selenium]"'


class SeleniumBrowserConfig(BrowserConfig):
    """The browser and its driver; what Selenium does not have is refused when the file is loaded."""

    engine: Literal["chromium", "firefox"] = "chromium"
    driver: str | None = Field(default=None, description="The driver's program; found by itself when absent.")
    remote: str | None = Field(default=None, description="http:// of a Selenium Grid.")

    @field_validator("trace")
    @classmethod
    def _refuse_traces(cls, value: str) -> str:
        if value != "off":
            raise ValueError("Selenium records no traces: leave trace out, or use adapter: playwright for this suite")
        return value

    @field_validator("device")
    @classmethod
    def _refuse_devices(cls, value: str | None) -> str | None:
        if value is not None:
            raise ValueError("Selenium knows no devices: say viewport: 390x844, or use adapter: playwright for this suite")
        return value

    @field_validator("remote")
    @classmethod
    def _check_remote(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://", "$")):
            raise ValueError(f"{value!r} is not the address of a Selenium Grid: write http://host:4444")
        return value

    @field_validator("locale", "timezone")
    @classmethod
    def _refuse_in_firefox(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("engine") == "firefox":
            raise ValueError(f"Selenium sets the {info.field_name} of chromium only: use adapter: playwright for this suite")
        return value


class SeleniumSuite(BrowserSuite):
    """Journeys run by Selenium."""

    adapter: Literal["selenium"]
    browser: SeleniumBrowserConfig = Field(default_factory=SeleniumBrowserConfig)

    def refusal_of(self, action: str, value: Any) -> tuple[str, str] | None:
        """``route`` and ``download`` need a Chromium on this machine."""
        if action not in ("route", "download") or (self.browser.engine == "chromium" and self.browser.remote is None):
            return None
        where = "not on a Grid" if self.browser.remote is not None else "not in firefox"
        return f"Selenium does {action!r} only in a Chromium on this machine, {where}", "use adapter: playwright for this suite"


class SeleniumAdapter:
    """Runs ``adapter: selenium`` suites."""

    name = "selenium"
    api = ADAPTER_API
    suite_model: type[SuiteConfig] = SeleniumSuite

    def __init__(self) -> None:
        # Here and not in the session, which is opened anew after a lost browser: a further try stays one.
        self._attempts = Attempts()

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """Whether the package is there. A browser, driver or Grid that is not makes the cases `blocked`."""
        return [] if is_installed("selenium") else [_MISSING]

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """The suite's journeys, parameters multiplied out and groups unfolded."""
        journeys = cast("BrowserSuite", suite)
        return expand_cases(context.config, journeys, locate=context.locate, rows_of=lambda path: read_rows(context.root, path))

    def open(self, suite: SuiteConfig, context: Context) -> Session:
        """A session; the browser starts with its first case."""
        # Imported late: with Selenium, 100 ms that validating and collecting do not need.
        from maestro_fabric.adapters.selenium.launch import Launch
        from maestro_fabric.adapters.selenium.session import SeleniumSession

        settings = cast("SeleniumSuite", suite).browser
        wanted = Launch(
            engine=settings.engine,
            headed=context.options.headed or not truth(settings.headless),
            executable=settings.executable,
            driver=settings.driver,
            args=tuple(settings.args),
            remote=settings.remote,
            ignore_https_errors=settings.ignore_https_errors,
        )
        return SeleniumSession(settings, context, wanted, self._attempts)

    def create_driver(
        self,
        *,
        headless: bool = True,
        engine: Literal["chromium", "firefox"] = "chromium",
        driver: str | None = None,
        executable: str | None = None,
    ) -> Any:
        """A Selenium driver whose browser and driver program were found as for a suite; ``quit()`` leaves no process behind.

        Args:
            headless: Whether no window is shown.
            engine: Which browser.
            driver: The driver's program; found by itself when absent.
            executable: The browser's program; found by itself when absent.

        Raises:
            PluginError: when Selenium or a program is missing, or does not start.
        """
        if not is_installed("selenium"):
            raise PluginError(_MISSING)
        from maestro_fabric.adapters.selenium.launch import Launch, launch

        return launch(Launch(engine=engine, headed=not headless, executable=executable, driver=driver), os.environ).driver
