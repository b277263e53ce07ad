"""The adapter: what a suite needs, which cases it has, and a session to run them in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from maestro_fabric.adapters.browser.attempts import Attempts
from maestro_fabric.adapters.browser.find import is_installed
from maestro_fabric.adapters.browser.rows import read_rows
from maestro_fabric.adapters.http.suite import HttpSuite
from maestro_fabric.config.expand import expand_cases
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.model import Case
from maestro_fabric.ports import ADAPTER_API, Context, Session

__all__ = ["HttpAdapter"]


class HttpAdapter:
    """Runs ``adapter: http`` suites."""

    name = "http"
    api = ADAPTER_API
    suite_model: type[SuiteConfig] = HttpSuite

    def __init__(self) -> None:
        # Here and not in the session, which is opened anew after it broke: a further try stays one.
        self._attempts = Attempts()

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """What is missing: the packages of the extra."""
        missing = [package for package in ("urllib3", "jsonschema") if not is_installed(package)]
        return ['adapter http needs an extra: pip install "pytest-maestro[http]"'] if missing else []

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """The suite's cases, parameters multiplied out and groups unfolded."""
        return expand_cases(
            context.config, cast("HttpSuite", suite), locate=context.locate, rows_of=lambda path: read_rows(context.root, path)
        )

    def open(self, suite: SuiteConfig, context: Context) -> Session:
        """A session with its client."""
        # Imported late: with the client, what validating and collecting do not need.
        from maestro_fabric.adapters.http.session import HttpSession

        return HttpSession(cast("HttpSuite", suite).http, context, self._attempts)
