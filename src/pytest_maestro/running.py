"""Runs cases in this process: sessions opened once a suite, services, and what blocks a suite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from maestro_fabric.compose import Prepared
from maestro_fabric.engine import SuiteSessions, needs_unmet, run_case
from maestro_fabric.events import CaseFinished, Event, Warned
from maestro_fabric.model import Case, CaseResult, Mark, Status
from maestro_fabric.plan import Plan, PlannedSuite
from maestro_fabric.ports import Deadline
from maestro_fabric.wire import to_wire
from pytest_maestro.attachments import Attachments
from pytest_maestro.board import Board
from pytest_maestro.items import SUITE, MaestroItem
from pytest_maestro.paths import shown
from pytest_maestro.service_access import LocalServices, ServiceAccess, TakenServices

__all__ = ["Running", "register_running"]

Bad = Mapping[str, list[tuple[Status, frozenset[Mark]]]]


class Running:
    """What the items of this process share.

    Args:
        prepared: The config, planned.
        attachments: Sends what a case told with its report.
        services: Starts services, or knows where another process has started them.
        worker: This process's name among xdist's workers; empty when alone.

    Attributes:
        bad: What did not pass, by suite; set in the process that judges needs.
        warnings: What a person should know that is no case's fault, one line each.
    """

    def __init__(self, prepared: Prepared, attachments: Attachments, services: ServiceAccess, worker: str) -> None:
        self.plan: Plan = prepared.plan
        self.bad: Bad = {}
        self.warnings: list[str] = []
        self.services = services
        self.quarantine = prepared.quarantine
        self._prepared = prepared
        self._attachments = attachments
        self._worker = worker
        self.guards = prepared.guards(lambda: services.urls, worker)
        self._sessions: dict[str, SuiteSessions] = {}
        self._wanted: dict[str, dict[str, None]] = {}
        self._chosen: dict[str, list[Case]] = {}
        self._emit: Callable[[Event], None] | None = None

    @property
    def artifacts_shown(self) -> str:
        """The evidence's folder, as short as it can be shown."""
        return shown(self._prepared.artifacts)

    @property
    def own_services(self) -> LocalServices | None:
        """The services that this process starts; ``None`` in a worker."""
        return self.services if isinstance(self.services, LocalServices) else None

    def run(self, suite: PlannedSuite, case: Case, hear: Callable[[Event], bool] | None = None) -> CaseResult:
        """Run a case of qa.yaml; its events go with the report of the call that goes on, but those that ``hear`` takes."""
        told: list[dict[str, Any]] = []

        def emit(event: Event) -> None:
            if hear is not None and hear(event):
                return
            told.append(to_wire(event))
            if isinstance(event, CaseFinished):
                # Only whole: of a case that somebody else's time limit cuts off, pytest's report is the better word.
                self._attachments.keep_events(told)

        clock, chance = self._prepared.clock, self._prepared.chance
        never = Deadline.after(None, clock)
        sessions = self._sessions_of(suite, case)
        result = run_case(case, sessions, emit, clock=clock, chance=chance, worker=self._worker, deadline=never, guards=self.guards)
        if result.status is Status.BLOCKED:
            self._attachments.keep_blocked(result.reason)
        return result

    def block(self, suite: PlannedSuite, services: tuple[str, ...]) -> str:
        """Why a case of this suite cannot run, after trying to start its services; empty when it can."""
        return needs_unmet(suite, self.bad) or self.services.problem(services, self._wanted.get(suite.name, {}))

    def want_services(self, suite: PlannedSuite, services: tuple[str, ...]) -> None:
        """Note that cases that will run need these."""
        self._wanted.setdefault(suite.name, {}).update(dict.fromkeys(services))

    def choose(self, suite: PlannedSuite, case: Case) -> None:
        """Note that a case may run here, in the order in which it was collected."""
        self._chosen.setdefault(suite.name, []).append(case)

    def join(self, emit: Callable[[Event], None], bad: Bad) -> None:
        """Tell of services and warnings through ``emit``, and judge needs by ``bad``, from now on."""
        self.bad = bad
        self._emit = emit
        if self.own_services is not None:
            self.own_services.listen(emit)

    def warn(self, lines: Iterable[str]) -> None:
        """Tell a person this, once."""
        for line in lines:
            if line not in self.warnings:
                self.warnings.append(line)
                if self._emit is not None:
                    self._emit(Warned(line))

    def close(self) -> list[str]:
        """Close sessions, then services; gives what could not be closed, one line each."""
        problems = []
        for name, sessions in self._sessions.items():
            fault = sessions.close()
            if fault is not None:
                problems.append(f"the session of {name} could not be closed: {fault.type}: {fault.message}")
        self._sessions.clear()
        if self.guards is not None:
            self.guards.close()
        self.services.stop()
        return problems

    def _sessions_of(self, suite: PlannedSuite, first: Case) -> SuiteSessions:
        if suite.name not in self._sessions:
            # Only now, since the addresses are known only when the services are up.
            context = self._prepared.context(worker=self._worker, service_urls=self.services.urls)
            cases = self._coming(suite, first)
            self._sessions[suite.name] = self._prepared.sessions(replace(suite, cases=tuple(cases)), context)
        return self._sessions[suite.name]

    def _coming(self, suite: PlannedSuite, first: Case) -> list[Case]:
        """The cases that may run here, from the first on: of a suite that stays together, what another worker ran came before."""
        chosen = self._chosen.get(suite.name, [first])
        if not suite.config.stays_together:
            return chosen
        ids = [case.id for case in chosen]
        return chosen[ids.index(first.id) :] if first.id in ids else [first]


class RunningHooks:
    """Blocks what cannot run, and closes everything at the end."""

    def __init__(
        self, running: Running, attachments: Attachments, suite_of: Callable[[pytest.Item], tuple[PlannedSuite, tuple[str, ...]] | None]
    ) -> None:
        self._running = running
        self._attachments = attachments
        self._suite_of = suite_of

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which cases were chosen, and which services they need."""
        for item in session.items:
            found = self._suite_of(item)
            if found is not None and found[1]:
                self._running.want_services(*found)
            if found is not None and isinstance(item, MaestroItem):
                self._running.choose(found[0], item.case)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a case that cannot run, telling that it is blocked."""
        found = self._suite_of(item)
        if found is None:
            return
        reason = self._running.block(*found)
        if reason:
            self._attachments.keep_blocked(reason)
            raise pytest.skip.Exception(reason, _use_item_location=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End what was started, before anybody tells of the run's end."""
        for line in self._running.close():
            session.config.issue_config_time_warning(pytest.PytestWarning(line), stacklevel=2)

    def pytest_unconfigure(self) -> None:
        """The same, for a session that never began."""
        self._running.close()


def register_running(config: pytest.Config, prepared: Prepared, attachments: Attachments, *, is_worker: bool) -> Running:
    """Register what runs cases in this process."""
    given: dict[str, Any] = getattr(config, "workerinput", {})
    services: ServiceAccess = TakenServices(Board(prepared.artifacts)) if is_worker else LocalServices(prepared)
    attachments.redact = prepared.secrets.redact
    attachments.classify = prepared.plugins.classify
    if not config.option.collectonly:
        # A native test finds them in the environment before any service or step has asked for them.
        prepared.secrets.learn(prepared.loaded.secret_names)
    running = Running(prepared, attachments, services, given.get("workerid", ""))

    def suite_of(item: pytest.Item) -> tuple[PlannedSuite, tuple[str, ...]] | None:
        suite = item.stash.get(SUITE, None)
        if suite is None or (isinstance(item, MaestroItem) and item.case.skip is not None):
            return None
        return suite, item.case.services if isinstance(item, MaestroItem) else tuple(suite.config.services)

    config.pluginmanager.register(RunningHooks(running, attachments, suite_of), "maestro-running")
    return running
