"""The controller's and the workers' part when pytest-xdist spreads a session over processes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_maestro.attachments import BLOCKED
from pytest_maestro.names import Names

if TYPE_CHECKING:
    from maestro_fabric.compose import Prepared
    from maestro_fabric.plan import PlannedSuite
    from pytest_maestro.running import Bad, Running
    from pytest_maestro.scheduler import NeedsScheduling
    from pytest_maestro.service_access import LocalServices

__all__ = ["BARRIER", "RUN_ID", "register_barrier", "register_xdist"]

RUN_ID = "maestro_run_id"
"""Where a worker's input holds the run's id."""

BARRIER = "maestro-barrier"
"""The name of the item that every worker has behind its collection."""

_SUPPORTED = ("load", "no")


class Controller:
    """What the controller adds: the run's id and the services for its workers, and the order of the suites."""

    def __init__(
        self, config: pytest.Config, prepared: Prepared | None, run_id: str, bad: Callable[[], Bad], names: Names, running: Running | None
    ) -> None:
        self._config = config
        self._running = running
        self._prepared = prepared
        self._run_id = run_id
        self._bad = bad
        self._names = names
        self._scheduler: NeedsScheduling | None = None

    def pytest_sessionstart(self) -> None:
        """Start the services before the first worker: one instance serves all. A failed one is told to the workers."""
        services = self._services()
        if services is not None and self._running is not None:
            services.start(self._running.foreseen_services)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker the run's id and where the services are."""
        services = self._services()
        node.workerinput[RUN_ID] = self._run_id
        node.workerinput.update(services.as_input() if services is not None else {})

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Our scheduler, when suites need others."""
        if self._prepared is None or not any(suite.needs for suite in self._prepared.plan.suites):
            return None
        from pytest_maestro.scheduler import NeedsScheduling, Stage

        stages = [Stage(suite.name, suite.needs) for suite in self._prepared.plan.suites]
        self._scheduler = NeedsScheduling(config, log, stages, self._suite_of, self._reason, self._block, self._is_stopping)
        return self._scheduler

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A crash is judged only now: before, rerunfailures may have made a further attempt of it."""
        if self._scheduler is not None and str(report.when) == "???":
            self._scheduler.crash_reported(report.nodeid, is_repeated=str(report.outcome) == "rerun")

    def _services(self) -> LocalServices | None:
        return self._running.own_services if self._running is not None else None

    def _suite_of(self, nodeid: str) -> str:
        suite = self._names.suite(nodeid)
        return suite.name if suite is not None else ""

    def _reason(self, name: str) -> str:
        """Why a suite cannot run now that all it needs has ended."""
        from maestro_fabric.engine import needs_unmet

        suite = self._suite(name)
        return needs_unmet(suite, self._bad()) if suite is not None else ""

    def _suite(self, name: str) -> PlannedSuite | None:
        suites = self._prepared.plan.suites if self._prepared is not None else ()
        return next((suite for suite in suites if suite.name == name), None)

    def _block(self, nodeid: str, reason: str) -> None:
        """Report a case that no worker is given; one to be skipped stays that."""
        case = self._names.case(nodeid)
        location = case.location
        if case.skip is not None:
            reason = f"Skipped: {case.skip.reason}"
        file = nodeid.partition("::")[0]
        place = (location.file if location else file, location.line if location else 0, reason)
        where = (file, location.line - 1 if location else None, nodeid.partition("::")[2])
        report = pytest.TestReport(nodeid, where, {}, "skipped", place, "setup")
        if case.skip is None:
            setattr(report, BLOCKED, reason)
        hook = self._config.hook
        hook.pytest_runtest_logstart(nodeid=nodeid, location=where)
        hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=nodeid, location=where)

    def _is_stopping(self) -> bool:
        session = self._config.pluginmanager.getplugin("session")
        distributed = self._config.pluginmanager.getplugin("dsession")
        signs = (session, "shouldfail"), (session, "shouldstop"), (distributed, "shouldstop")
        return any(getattr(owner, sign, False) for owner, sign in signs)


class BarrierItem(pytest.Item):
    """A test that is none: a worker that gets it as its next one ends the one before, and is then idle."""

    def runtest(self) -> None:
        """Nothing."""


class Worker:
    """What a worker adds: the hidden item, after the ids were sent to the controller."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Append the barrier below the session, so that module fixtures are torn down before it."""
        yield
        session.items.append(BarrierItem.from_parent(session, name=BARRIER))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """The barrier is nobody's test."""
        return True if isinstance(item, BarrierItem) else None


def register_barrier(config: pytest.Config, prepared: Prepared) -> None:
    """Register a worker's part of the order of suites."""
    if any(suite.needs for suite in prepared.plan.suites):
        config.pluginmanager.register(Worker(), "maestro-worker")


def register_xdist(
    config: pytest.Config, prepared: Prepared | None, run_id: str, bad: Callable[[], Bad], names: Names, running: Running | None
) -> None:
    """Register the controller's part.

    Args:
        config: pytest's.
        prepared: The config, planned; ``None`` without one.
        run_id: The run that the workers are a part of.
        bad: Gives what has not passed so far, by suite.
        names: Gives identities.
        running: What starts the services; ``None`` without a config.

    Raises:
        UsageError: when the way of distributing that was chosen cannot keep the order of suites.
    """
    chosen = config.getoption("dist")
    if chosen not in _SUPPORTED and prepared is not None and any(suite.needs for suite in prepared.plan.suites):
        raise pytest.UsageError(
            f"--dist {chosen} cannot run a suite only after those it needs (needs: in {prepared.loaded.path.name}): "
            "leave --dist out, -n alone keeps the order"
        )
    config.pluginmanager.register(Controller(config, prepared, run_id, bad, names, running), "maestro-xdist")
