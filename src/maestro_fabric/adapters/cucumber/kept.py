"""Programs that have discovered a suite and wait a little while to be asked to run it."""

from __future__ import annotations

import os
import threading
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from maestro_fabric.adapters.cucumber.said import Said
from maestro_fabric.adapters.program.process import Program

__all__ = ["KeptPrograms", "whole_environment"]

LINGER_S = 5.0
"""A program that discovered outlives that for so long: a run follows at once, or is not meant."""


def whole_environment(own: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with variables laid over it, but for what pytest changes from test to test."""
    return {name: value for name, value in {**os.environ, **own}.items() if name != "PYTEST_CURRENT_TEST"}


@dataclass(slots=True)
class _Kept:
    program: Program[Said]
    environment: Mapping[str, str]
    timer: threading.Timer


@dataclass(slots=True)
class KeptPrograms:
    """The programs of one adapter, by suite."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: dict[Hashable, _Kept] = field(default_factory=dict)

    def put(self, suite: Hashable, program: Program[Said], environment: Mapping[str, str]) -> None:
        """Keep a program; one that was kept for the same suite ends."""
        timer = threading.Timer(LINGER_S, self._end, (suite, program))
        timer.daemon = True
        with self._lock:
            other = self._kept.pop(suite, None)
            self._kept[suite] = _Kept(program, environment, timer)
        timer.start()
        if other is not None:
            other.timer.cancel()
            other.program.kill()

    def take(self, suite: Hashable, environment: Mapping[str, str]) -> Program[Said] | None:
        """The suite's program, when it has the environment that is wanted now: services may be up that were not."""
        with self._lock:
            kept = self._kept.pop(suite, None)
        if kept is None:
            return None
        kept.timer.cancel()
        if kept.environment == environment and kept.program.is_answered:
            return kept.program
        kept.program.kill()
        return None

    def _end(self, suite: Hashable, program: Program[Said]) -> None:
        with self._lock:
            if suite not in self._kept or self._kept[suite].program is not program:
                return
            del self._kept[suite]
        program.kill()
