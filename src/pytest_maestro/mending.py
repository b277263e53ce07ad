"""Healing in tests in Python: one `CaseHealing` for each attempt of a test that asks, and what came of it on the test's report."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_maestro.attachments import FAULT, MENDED
from pytest_maestro.fixtures import MENDERS
from pytest_maestro.names import Names

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from maestro_fabric.adapters.browser.python_calls import CaseHealing
    from maestro_fabric.compose import Prepared
    from maestro_fabric.ports import Healer, RunOptions
    from pytest_maestro.options import Options

__all__ = ["Ground", "Menders", "Reports", "artifacts_beside", "plain_healer", "register_mending", "register_recorded_mending"]


@dataclass(frozen=True, slots=True)
class Ground:
    """What healing in a process stands on: who knows elements (``None`` when healing is off), and the run's folder."""

    healer: Healer | None
    artifacts: Path


@dataclass(slots=True)
class Menders:
    """What mends the tests of this process. Nothing is made, imported or read before the first test asks for it.

    Attributes:
        config: pytest's.
        ground: Makes what all of it stands on.
        reports: Completes the reports of tests that asked.
    """

    config: pytest.Config
    ground: Callable[[], Ground]
    reports: Reports
    _made: Ground | None = None

    def mend_page(self, page: Page, request: pytest.FixtureRequest) -> Page:
        """The page, whose lost locators are found again."""
        healing = self._case_of(request.node)
        if healing is None:
            return page
        from maestro_fabric.adapters.playwright.healing_page import heal_page

        return heal_page(page, healing)

    def mend_driver(self, driver: Any, request: pytest.FixtureRequest) -> Any:
        """The driver, whose lost locators are found again."""
        healing = self._case_of(request.node)
        if healing is None:
            return driver
        from maestro_fabric.adapters.selenium.healing_driver import heal_driver

        return heal_driver(driver, healing)

    def _case_of(self, item: pytest.Item) -> CaseHealing | None:
        """What heals in the attempt of a test that goes on; ``None`` when healing is off."""
        if self._made is None:
            self._made = self.ground()
            self.config.pluginmanager.register(self.reports, "maestro-mending")
        healer = self._made.healer
        return None if healer is None else self.reports.healing_of(item, healer, self._made.artifacts)


class Reports:
    """Completes the reports of tests that asked.

    Args:
        names: Gives identities.
        root: What shown paths are relative to.
        redact: Replaces secrets.
        fail_on_heal: Whether a healed test fails.
    """

    def __init__(self, names: Names, root: Path, redact: Callable[[str], str], *, fail_on_heal: bool) -> None:
        self._names = names
        self._root = root
        self._redact = redact
        self._fail_on_heal = fail_on_heal
        self._tries: Counter[str] = Counter()
        self._current: tuple[pytest.Item, CaseHealing] | None = None

    def healing_of(self, item: pytest.Item, healer: Healer, artifacts: Path) -> CaseHealing:
        """What heals in the attempt that goes on: one for its page and its driver."""
        if self._current is not None and self._current[0] is item:
            return self._current[1]
        from maestro_fabric.adapters.browser.evidence import Evidence
        from maestro_fabric.adapters.browser.looks import Looks
        from maestro_fabric.adapters.browser.python_calls import CaseHealing
        from maestro_fabric.adapters.browser.search import Mending

        self._tries[item.nodeid] += 1
        case = self._names.case(item.nodeid).id
        evidence = Evidence(artifacts, case, self._tries[item.nodeid])
        mending = Mending(looks=Looks(artifacts.parent / "looks"))
        healing = CaseHealing(healer=healer, case=case, evidence=evidence, root=self._root, redact=self._redact, mending=mending)
        self._current = item, healing
        return healing

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach what was learnt and answered, when a test has had its say."""
        report = yield
        if self._current is None or self._current[0] is not item or (call.when == "setup" and report.passed):
            return report
        healing, self._current = self._current[1], None
        # What a tear-down does is not a part of what was tested, and nobody would hear of it.
        healing.is_over = True
        if healing.mending.heals or healing.mending.learnt:
            self._attach(report, healing)
        return report

    def _attach(self, report: pytest.TestReport, healing: CaseHealing) -> None:
        from maestro_fabric.adapters.browser.healing import with_heals
        from maestro_fabric.model import Outcome, Status
        from maestro_fabric.wire import encode

        mending = healing.mending
        setattr(report, MENDED, {"heals": encode(tuple(mending.heals)), "learnt": encode(tuple(mending.learnt.values()))})
        if not report.passed:
            return
        outcome = with_heals(Outcome(status=Status.PASSED), mending, fail_on_heal=self._fail_on_heal)
        if outcome.fault is not None:
            report.outcome, report.longrepr = "failed", outcome.fault.message
            setattr(report, FAULT, [outcome.fault.type, True, outcome.fault.message, False, None])


def register_mending(config: pytest.Config, ground: Callable[[], Ground], reports: Reports) -> None:
    """Have the fixtures mend tests in this process, and with ``maestro_wrap`` pytest-playwright's own ``page``, too.

    Raises:
        UsageError: when there is nothing to wrap.
    """
    config.stash[MENDERS] = Menders(config, ground, reports)
    if config.getini("maestro_wrap"):
        if not config.pluginmanager.has_plugin("playwright"):
            raise pytest.UsageError("maestro_wrap wraps pytest-playwright's page, which is not installed: pip install pytest-playwright")
        from pytest_maestro import wrapped_page

        config.pluginmanager.register(wrapped_page, "maestro-wrapped-page")


def register_recorded_mending(config: pytest.Config, names: Names, options: Options, prepared: Prepared | None) -> None:
    """The same where a config or a history was named."""
    redact = prepared.secrets.redact if prepared is not None else str

    def ground() -> Ground:
        if prepared is not None:
            return Ground(prepared.healer, prepared.artifacts)
        from pytest_maestro.xdist import RUN_ID

        # A worker is told the run's id; alone, the process that records is this one.
        recording: Any = config.pluginmanager.get_plugin("maestro-recording")
        given = getattr(config, "workerinput", None)
        artifacts = artifacts_beside(cast("Path", options.store)) / (recording.run.run_id if given is None else given[RUN_ID])
        return Ground(plain_healer(names.project, options.run, artifacts), artifacts)

    register_mending(config, ground, Reports(names, config.rootpath, redact, fail_on_heal=options.fail_on_heal))


def artifacts_beside(store: Path) -> Path:
    """Where evidence goes when no config says it."""
    return store.absolute().parent / "artifacts"


def plain_healer(project: str, options: RunOptions, artifacts: Path, settings: Mapping[str, Any] = {}) -> Healer | None:
    """What knows elements in a process without a config."""
    from maestro_fabric.clock import SystemClock
    from maestro_fabric.compose.healing import make_plain_healer
    from maestro_fabric.plugins import has_strangers, load_plugins

    plugins = load_plugins() if has_strangers() else None
    return make_plain_healer(
        project, options, environ=os.environ, artifacts=artifacts, plugins=plugins, clock=SystemClock(), settings=settings
    )
