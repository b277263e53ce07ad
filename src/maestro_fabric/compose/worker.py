"""A worker's part of a run on several processes: the same file prepared once more, and cases run as they are asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from maestro_fabric.compose.prepared import Prepared
from maestro_fabric.compose.preparing import prepare
from maestro_fabric.engine import Guards, SuiteSessions, run_case
from maestro_fabric.errors import ConfigError
from maestro_fabric.events import Event
from maestro_fabric.model import Case, CaseId
from maestro_fabric.plan import PlannedSuite
from maestro_fabric.plugins import load_plugins
from maestro_fabric.ports import Deadline, RunOptions
from maestro_fabric.wire import to_wire

__all__ = ["Recipe", "Work", "work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a worker comes to the same config: what was given on the command line."""

    path: Path
    environment: str
    variables: Mapping[str, str]
    options: RunOptions
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Cases of one suite to run, one after the other.

    Attributes:
        recipe: Makes the config.
        suite: The suite's name.
        cases: Which.
        service_urls: The addresses of the services, which the parent has started.
        worker: The worker's name.
        keeps_sessions: Whether sessions stay open for the next work: only in a process that closes them when it ends.
    """

    recipe: Recipe
    suite: str
    cases: tuple[CaseId, ...]
    service_urls: Mapping[str, str]
    worker: str
    keeps_sessions: bool


@dataclass(slots=True)
class _Home:
    """What a worker's process keeps between two pieces of work."""

    prepared: Prepared
    suites: dict[str, PlannedSuite] = field(default_factory=dict)
    sessions: dict[str, SuiteSessions] = field(default_factory=dict)
    guards: Guards | None = None
    service_urls: Mapping[str, str] = field(default_factory=dict)

    def close(self) -> None:
        for sessions in self.sessions.values():
            sessions.close()
        self.sessions.clear()
        if self.guards is not None:
            self.guards.close()


_homes: dict[str, _Home] = {}  # by run: a process of somebody's cluster outlives a run
_one_at_a_time = threading.Lock()  # a process of somebody's cluster may have several threads, and a session has one


def work(asked: Work, tell: Callable[[dict[str, Any]], None]) -> None:
    """Run cases, telling their events as builtins.

    Raises:
        ConfigError: when this process does not find what the parent has found.
        PluginError: when something is missing here.
    """
    with _one_at_a_time:
        home = _homes.get(asked.recipe.run_id) or _settle(asked)
        suite = _suite(home, asked.suite)
        known = {case.id: case for case in suite.cases}
        missing = [str(case_id) for case_id in asked.cases if case_id not in known]
        if missing:
            raise ConfigError(f"a worker does not find {', '.join(missing)} in {home.prepared.loaded.path}: is it the same file there?")
        _run(home, replace(suite, cases=tuple(known[case_id] for case_id in asked.cases)), asked, tell)


def _settle(asked: Work) -> _Home:
    recipe = asked.recipe
    plugins = load_plugins()
    # Suites are looked into when a case of theirs is asked for.
    nothing = frozenset(plugins.adapters)
    prepared = prepare(
        recipe.path,
        environment=recipe.environment or None,
        variables=recipe.variables,
        options=recipe.options,
        run_id=recipe.run_id,
        leave_out=nothing,
        plugins=plugins,
    )
    prepared.secrets.learn(prepared.loaded.secret_names)
    home = _homes[recipe.run_id] = _Home(prepared)
    home.guards = prepared.guards(lambda: home.service_urls, asked.worker)
    if asked.keeps_sessions:
        Finalize(None, home.close, exitpriority=10)
    return home


def _suite(home: _Home, name: str) -> PlannedSuite:
    if name not in home.suites:
        planned = next(suite for suite in home.prepared.plan.suites if suite.name == name)
        cases = home.prepared.adapter(planned.adapter).discover(planned.config, home.prepared.context())
        home.suites[name] = replace(planned, cases=tuple(cases))
    return home.suites[name]


def _run(home: _Home, suite: PlannedSuite, asked: Work, tell: Callable[[dict[str, Any]], None]) -> None:
    prepared, home.service_urls = home.prepared, asked.service_urls
    stays = asked.keeps_sessions and not suite.config.stays_together
    sessions = home.sessions.get(suite.name)
    if sessions is None:
        sessions = prepared.sessions(suite, prepared.context(worker=asked.worker, service_urls=asked.service_urls))
    if stays:
        home.sessions[suite.name] = sessions
    try:
        for case in suite.cases:
            _run_case(home, case, sessions, asked.worker, lambda event: tell(to_wire(event)))
    finally:
        if not stays:
            sessions.close()


def _run_case(home: _Home, case: Case, sessions: SuiteSessions, worker: str, emit: Callable[[Event], None]) -> None:
    clock, chance = home.prepared.clock, home.prepared.chance
    never = Deadline.after(None, clock)
    run_case(case, sessions, emit, clock=clock, chance=chance, worker=worker, deadline=never, guards=home.guards)
