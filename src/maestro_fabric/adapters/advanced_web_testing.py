"""A journey from Python, without a file: ``await AdvancedWebTester().run_user_journey([{"action": "click", "selector": "#buy"}])``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from maestro_fabric.adapters.playwright.adapter import PlaywrightAdapter
from maestro_fabric.adapters.selenium.adapter import SeleniumAdapter
from maestro_fabric.config.models import build_config_type
from maestro_fabric.errors import ConfigError, PluginError
from maestro_fabric.model import Outcome, Status
from maestro_fabric.ports import Adapter, Context, Deadline
from maestro_fabric.system.clock import SystemChance, SystemClock
from maestro_fabric.system.process_table import SystemProcesses
from maestro_fabric.system.supervisor import Supervised

__all__ = ["AdvancedWebTester", "JourneyResult"]

_ACTIONS = {"navigate": "open", "goto": "open"}
_KEYS = {"selector": "css"}


@dataclass(frozen=True, slots=True)
class JourneyResult:
    """What became of a journey; true when it passed.

    Attributes:
        outcome: Status, fault, steps and kept files, as a run has them.
    """

    outcome: Outcome

    def __bool__(self) -> bool:
        return self.outcome.status is Status.PASSED

    def __str__(self) -> str:
        fault = self.outcome.fault
        return f"{self.outcome.status}: {fault.message if fault is not None else self.outcome.reason}".rstrip(": ")


class AdvancedWebTester:
    """Plays journeys in a browser of its own, with the steps, waits and messages of ``qa.yaml``.

    Args:
        engine: Who drives the browser.
        headless: Whether no window is shown.
        base_url: What relative addresses are relative to.
        timeout_s: How long a journey may take.
        artifacts: Where pictures and HTML of a journey that does not pass are kept.
    """

    def __init__(
        self,
        *,
        engine: Literal["playwright", "selenium"] = "playwright",
        headless: bool = True,
        base_url: str = "",
        timeout_s: float = 60.0,
        artifacts: Path = Path(".maestro/artifacts"),
    ) -> None:
        self._adapter: Adapter = SeleniumAdapter() if engine == "selenium" else PlaywrightAdapter()
        self._headless = headless
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._artifacts = artifacts

    async def run_user_journey(self, journey: Sequence[Mapping[str, Any]]) -> JourneyResult:
        """Play the steps up to the first that does not pass.

        Args:
            journey: Mappings with ``action`` and what it needs: ``{"action": "navigate", "url": …}``, ``{"action": "click",
                "selector": …}``, ``{"action": "type", "selector": …, "text": …}``; every other step of ``qa.yaml`` by its name
                and keys, such as ``{"action": "expect", "selector": "#total", "text": "12 EUR"}``.

        Raises:
            ConfigError: when a step cannot be read.
            PluginError: when the engine, or a program that it needs, is missing.
        """
        # In a thread: neither Playwright's sync API nor Selenium may hold up the caller's loop.
        return await asyncio.to_thread(self._play, list(journey))

    def _play(self, journey: Sequence[Mapping[str, Any]]) -> JourneyResult:
        config = self._config(journey)
        suite = config.suites[0]
        clock = SystemClock()
        context = Context(
            config=config,
            root=Path.cwd(),
            artifacts=self._artifacts,
            clock=clock,
            chance=SystemChance(),
            base_url=self._base_url,
            secret=_no_secret,
            redact=str,
            start_child=Supervised,
            processes=SystemProcesses(),
            locate=lambda path: None,
        )
        missing = self._adapter.check(suite, context)
        if missing:
            raise PluginError("\n".join(missing))
        (case,) = self._adapter.discover(suite, context)
        session = self._adapter.open(suite, context)
        try:
            outcome = session.run(case, lambda event: None, Deadline.after(self._timeout_s, clock))
        finally:
            session.close()
        if outcome.status is Status.BLOCKED:
            raise PluginError(outcome.reason)
        return JourneyResult(outcome)

    def _config(self, journey: Sequence[Mapping[str, Any]]) -> Any:
        suite = {
            "name": "journey",
            "adapter": self._adapter.name,
            "browser": {"headless": self._headless},
            "cases": [{"name": "journey", "steps": [_as_step(number, step) for number, step in enumerate(journey, start=1)]}],
        }
        try:
            return build_config_type([self._adapter.suite_model]).model_validate({"version": 1, "project": "python", "suites": [suite]})
        except ValidationError as exc:
            raise ConfigError(_show(exc)) from exc


def _as_step(number: int, step: Mapping[str, Any]) -> dict[str, Any]:
    if "action" not in step:
        raise ConfigError(f"step {number} has no action: write {{'action': 'click', 'selector': '#buy'}}")
    action = str(step["action"])
    values = {_KEYS.get(key, key): value for key, value in step.items() if key != "action"}
    if action in ("type", "fill") and "text" in values and "value" not in values:
        values["value"] = values.pop("text")
    return {_ACTIONS.get(action, action): values}


def _show(exc: ValidationError) -> str:
    return "\n".join(f"{'.'.join(str(part) for part in error['loc'][5:])}: {error['msg']}" for error in exc.errors()[:5])


def _no_secret(name: str) -> str:
    raise ConfigError(f"${{secret:{name}}} has no value here: put the value itself into the step")
