"""The adapter: what a suite needs, which cases it has, and a session to run them in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal, cast

from maestro_fabric.adapters.browser.attempts import Attempts
from maestro_fabric.adapters.browser.find import browser_help, find_browser, is_installed
from maestro_fabric.adapters.browser.rows import read_rows
from maestro_fabric.config.expand import expand_cases
from maestro_fabric.config.models import BrowserConfig, BrowserSuite, SuiteConfig
from maestro_fabric.config.templates import truth
from maestro_fabric.model import Case
from maestro_fabric.ports import ADAPTER_API, Context, Session

__all__ = ["PlaywrightAdapter", "PlaywrightSuite"]


class PlaywrightSuite(BrowserSuite):
    """Journeys run by Playwright."""

    adapter: Literal["playwright"]


class PlaywrightAdapter:
    """Runs ``adapter: playwright`` suites."""

    name = "playwright"
    api = ADAPTER_API
    suite_model: type[SuiteConfig] = PlaywrightSuite

    def __init__(self) -> None:
        # Here and not in the session, which is opened anew after a lost browser: a further try stays one.
        self._attempts = Attempts()

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """What is missing: the package, or the browser. Neither is started or imported."""
        if not is_installed("playwright"):
            return ['adapter playwright needs an extra: pip install "pytest-maestro[playwright]"']
        settings = _browser_of(suite)
        if settings.remote:
            return []
        found = find_browser(settings.engine, settings.executable, os.environ, headed=is_headed(settings, context))
        if found is None:
            return [browser_help(settings.engine)]
        if not found.path.is_file():
            return [f"{found.path} (from {found.source}) is not there: correct it, or leave it out and one is looked for"]
        return []

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """The suite's journeys, parameters multiplied out and groups unfolded."""
        journeys = cast("BrowserSuite", suite)
        return expand_cases(context.config, journeys, locate=context.locate, rows_of=lambda path: read_rows(context.root, path))

    def open(self, suite: SuiteConfig, context: Context) -> Session:
        """A session; the browser starts with its first case."""
        # Imported late: with Playwright, 70 ms that validating and collecting do not need.
        from maestro_fabric.adapters.playwright.session import PlaywrightSession

        settings = _browser_of(suite)
        return PlaywrightSession(settings, context, headed=is_headed(settings, context), attempts=self._attempts)


def is_headed(settings: BrowserConfig, context: Context) -> bool:
    """Whether a window is shown: asked for on the command line, or ``headless: false``."""
    return context.options.headed or not truth(settings.headless)


def _browser_of(suite: SuiteConfig) -> BrowserConfig:
    return cast("BrowserSuite", suite).browser
