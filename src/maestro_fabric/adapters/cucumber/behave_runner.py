"""behave's runner, made to tell when a scenario begins and ends with all its hooks."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from behave.runner import Runner

__all__ = ["Listener", "streaming_runner"]


class Listener(Protocol):
    """Who is told."""

    def started(self, scenario: Any) -> bool:
        """A scenario is about to run; whether it may."""

    def finished(self, scenario: Any, started_at: float, duration_s: float) -> None:
        """A scenario has run."""

    def feature_finished(self, feature: Any, not_run: Sequence[Any], now: float) -> None:
        """A feature has ended."""

    def hook_failed(self, name: str, raised: BaseException, trace: str) -> None:
        """A hook before or after all raised."""


def streaming_runner(listener_for: Callable[[Any], Listener]) -> Any:
    """A class of runners for ``run_behave``; its attribute ``has_ended`` says whether one came to its end."""

    class StreamingRunner(Runner):  # type: ignore[misc]  # behave has no types
        """behave's own runner with a listener."""

        has_ended = False

        def load_hooks(self, filename: str | None = None) -> None:
            super().load_hooks(filename)
            self.listener = listener_for(self)
            for name in ("before_all", "after_all"):
                if name in self.hooks:
                    self.hooks[name] = partial(_watched, name, self.hooks[name], self.listener)

        def run_model(self, features: Any = None) -> Any:
            self.formatters.append(self.listener)
            for feature in self.features:
                _watch_feature(feature, self.listener, self)
            failed = super().run_model(features)
            type(self).has_ended = True
            return failed

    return StreamingRunner


def _watched(name: str, hook: Callable[[Any], None], listener: Listener, context: Any) -> None:
    try:
        hook(context)
    except BaseException as exc:
        listener.hook_failed(name, exc, traceback.format_exc())
        raise


def _watch_feature(feature: Any, listener: Listener, runner: Any) -> None:
    scenarios = [scenario for scenario in feature.walk_scenarios() if scenario.should_run(runner.config)]
    ran: set[int] = set()
    run_feature = feature.run
    for scenario in scenarios:
        scenario.run = partial(_run_scenario, scenario, scenario.run, ran, listener)

    def run(runner: Any) -> Any:
        failed = run_feature(runner)
        listener.feature_finished(feature, [each for each in scenarios if id(each) not in ran], time.time())
        return failed

    feature.run = run


def _run_scenario(scenario: Any, run: Callable[[Any], Any], ran: set[int], listener: Listener, runner: Any) -> Any:
    if not listener.started(scenario):
        return False
    ran.add(id(scenario))
    started_at, started = time.time(), time.monotonic()
    failed = run(runner)
    listener.finished(scenario, started_at, time.monotonic() - started)
    return failed
