"""Native tests tried under a policy. Only tests that have one are taken over; all others are pytest's own affair."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, cast

import pytest
from _pytest.runner import call_and_report, show_test_item

from maestro_fabric.engine import Entry, Guards, waits_of
from maestro_fabric.errors import TimeoutError as CallTimeout
from maestro_fabric.events import Event
from maestro_fabric.model import Case, Fault, Outcome, Policy, Status
from maestro_fabric.ports import Chance, Clock, Deadline
from maestro_fabric.resilience import timeout
from maestro_fabric.resilience.alarm import can_ring
from maestro_fabric.wire import to_wire
from pytest_maestro.attachments import MENDED, Attachments
from pytest_maestro.breakers import TOLD
from pytest_maestro.native_policies import NativePolicies
from pytest_maestro.outcomes import NOTE, outcome_of

__all__ = ["Attempts"]

_RERUN = "rerun"
_TORN_DOWN = "tear-down of this attempt"


class Attempts:
    """Takes over the tests that have a policy, unless pytest-rerunfailures repeats them.

    Args:
        policies: Gives a test's policy.
        guards: The circuit breakers and bulkheads; ``None`` for none.
        case_of: Gives a test's case.
        attachments: What reports are completed with.
        clock: Time.
        chance: Jitter.
        warn: Takes what a person should know.
    """

    def __init__(
        self,
        policies: NativePolicies,
        guards: Guards | None,
        case_of: Callable[[pytest.Item], Case],
        attachments: Attachments,
        *,
        clock: Clock,
        chance: Chance,
        warn: Callable[[Sequence[str]], None],
    ) -> None:
        self.policies = policies
        self.guards = guards
        self.case_of = case_of
        self.attachments = attachments
        self.clock = clock
        self.chance = chance
        self._warn = warn
        self._trial: _Trial | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say what is wrong with marks now, and not when half of the tests have run."""
        for item in session.items:
            if not self.policies.of(item).is_plain and _is_repeated_by_others(item):
                self._warn(["pytest-rerunfailures repeats tests here; for those the policies of the config do not hold"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Try a test under its policy."""
        policy = self.policies.of(item)
        if policy.is_plain or _is_repeated_by_others(item):
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._trial = _Trial(self, item, nextitem, policy)
        try:
            self._trial.run()
        finally:
            self._trial = None
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Skip a test that its policy does not let in, telling that it is blocked; end a set-up that takes too long."""
        if self._trial is not None and self._trial.refusal:
            self.attachments.keep_blocked(self._trial.refusal)
            raise pytest.skip.Exception(self._trial.refusal, _use_item_location=True)
        return (yield from self._limited())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """End a test that takes too long."""
        return (yield from self._limited())

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """The category of an attempt that another one follows, as pytest-rerunfailures has it."""
        return (_RERUN, "R", ("RERUN", {"yellow": True})) if cast("str", report.outcome) == _RERUN else None

    def _limited(self) -> Generator[None, object, object]:
        trial = self._trial
        if trial is None or trial.limit.limit_s == float("inf") or not can_ring():
            return (yield)
        if trial.limit.is_over:
            raise CallTimeout(trial.what, trial.limit.limit_s)
        try:
            with timeout(trial.limit.left_s):
                return (yield)
        except CallTimeout as exc:
            if trial.limit.is_over:
                raise CallTimeout(trial.what, trial.limit.limit_s) from exc
            raise


class _Trial:
    """The attempts of one test."""

    def __init__(self, attempts: Attempts, item: pytest.Item, nextitem: pytest.Item | None, policy: Policy) -> None:
        self._attempts = attempts
        self._item = item
        self._nextitem = nextitem
        self._policy = policy
        self._case = replace(attempts.case_of(item), policy=policy)
        self._deadline = Deadline.after(policy.deadline_s, attempts.clock)
        self._waits: Iterator[float] = waits_of(policy.retry.backoff, attempts.chance)
        self._told: list[dict[str, Any]] = []
        self.limit = self._deadline
        self.refusal = ""
        self.what = "the test"

    def run(self) -> None:
        """Try it, up to the last attempt that the policy asks for."""
        entry = self._enter()
        self.refusal = entry.reason
        tries = 0
        while True:
            tries += 1
            reports, outcome = self._attempt(entry, tries)
            wait_s, note = self._wait_before_next(outcome, tries)
            if wait_s is None:
                self._finish(reports, note)
                return
            teardown = call_and_report(self._item, "teardown", log=False, nextitem=copy.copy(self._item))
            self._reset()
            self._attempts.clock.sleep(wait_s)
            entry = self._enter()
            if entry.reason:
                self._log_all([*reports, self._end(teardown)], f"not tried again: {entry.reason}")
                return
            self._log_repeated(reports, teardown)

    def _enter(self) -> Entry:
        guards = self._attempts.guards
        return Entry() if guards is None else guards.enter(self._case, self._hear, self._deadline)

    def _hear(self, event: Event) -> None:
        self._told.append(to_wire(event))

    def _attempt(self, entry: Entry, number: int) -> tuple[list[pytest.TestReport], Outcome]:
        """Set up and call; what came of it."""
        self.limit = self._deadline.within(self._policy.attempt_timeout_s)
        self.what = f"attempt {number}" if self._policy.retry.times else "the test"
        outcome: Outcome | None = None
        try:
            reports = _set_up_and_call(self._item)
            outcome = self._judge(reports)
        finally:
            entry.leave(outcome)
            self.limit = Deadline.after(None, self._attempts.clock)
        return reports, outcome

    def _judge(self, reports: Sequence[pytest.TestReport]) -> Outcome:
        if self.refusal:
            return Outcome(status=Status.SKIPPED)
        bad = next((report for report in reports if report.failed), None)
        if bad is None:
            return outcome_of(reports)
        told = self._attempts.attachments.fault_of(str(bad.when))
        if told is None:
            return outcome_of(reports)
        kind, is_assertion, message, is_outage, verdict = told
        default = Status.FAILED if is_assertion and bad.when == "call" else Status.ERROR
        has_heals = any(report.__dict__.get(MENDED, {}).get("heals") for report in reports)
        fault = Fault(type=kind, message=message, is_outage=is_outage)
        return Outcome(status=Status(verdict) if verdict else default, fault=fault, must_not_retry=has_heals)

    def _wait_before_next(self, outcome: Outcome, tries: int) -> tuple[float | None, str]:
        """How long to wait before another attempt, ``None`` for no other one, and what is to be said about that."""
        retry, config = self._policy.retry, self._item.config
        session = self._item.session
        if tries > retry.times or outcome.must_not_retry or outcome.status not in retry.on or session.shouldfail or session.shouldstop:
            return None, ""
        if config.getoption("usepdb"):
            return None, "not tried again: a debugger was asked for"
        if _has_failed_subtests(self._item):
            return None, "not tried again: its subtests were reported when they failed"
        wait_s = next(self._waits)
        if wait_s >= self._deadline.left_s:
            return None, f"not tried again: {self._deadline.left_s:.1f}s left of {self._deadline.limit_s:g}s"
        guards = self._attempts.guards
        closed = guards.why_closed(self._case, wait_s) if guards is not None else ""
        return (None, f"not tried again: {closed}") if closed else (wait_s, "")

    def _finish(self, reports: Sequence[pytest.TestReport], note: str) -> None:
        """Tear down what the next test does not need, and log the last attempt."""
        session = self._item.session
        nextitem = None if session.shouldfail or session.shouldstop else self._nextitem
        teardown = call_and_report(self._item, "teardown", log=False, nextitem=nextitem)
        self._reset()
        self._log_all([*reports, teardown], note)

    def _end(self, teardown: pytest.TestReport) -> pytest.TestReport:
        """Tear down what was kept for another attempt that does not come; one report for that and the attempt's own tear-down."""
        item, capture = self._item, self._item.config.pluginmanager.getplugin("capturemanager")
        # Not by `pytest_runtest_teardown`: a second one of the same item is more than pytest's own log capture can bear.
        with nullcontext() if capture is None else capture.item_capture("teardown", item):
            call = pytest.CallInfo.from_call(
                lambda: item.session._setupstate.teardown_exact(self._nextitem), "teardown", (pytest.exit.Exception, KeyboardInterrupt)
            )
        last: pytest.TestReport = item.ihook.pytest_runtest_makereport(item=item, call=call)
        if last.passed:
            return teardown
        if teardown.failed:
            last.sections.append((_TORN_DOWN, teardown.longreprtext))
        return last

    def _log_all(self, reports: Sequence[pytest.TestReport], note: str) -> None:
        for report in reports:
            if note and report.failed:
                report.sections.append((NOTE, note))
                note = ""
            self._log(report)

    def _log_repeated(self, reports: Sequence[pytest.TestReport], teardown: pytest.TestReport) -> None:
        """Log the failed report of an attempt that another one follows: one test case in JUnit, one line in the terminal."""
        failed = next(report for report in reports if report.failed)
        failed.duration = sum(report.duration for report in (*reports, teardown))
        if teardown.failed:
            failed.sections.append((_TORN_DOWN, teardown.longreprtext))
        failed.outcome = _RERUN  # type: ignore[assignment]
        self._log(failed)

    def _log(self, report: pytest.TestReport) -> None:
        if self._told:
            setattr(report, TOLD, self._told)
            self._told = []
        self._item.ihook.pytest_runtest_logreport(report=report)

    def _reset(self) -> None:
        """Have the test as it was collected: a fresh instance of its class, fresh fixtures, and no output of the attempt."""
        item: Any = self._item
        if hasattr(item, "_request"):
            item._request, item.funcargs = False, None
        if hasattr(item, "_instance"):
            # Not `_instance = None`, which would make a function of a method.
            del item._instance
            item._obj = None
        item._report_sections.clear()


def _set_up_and_call(item: pytest.Item) -> list[pytest.TestReport]:
    """As `_pytest.runner.runtestprotocol` has it, without the tear-down."""
    test: Any = item
    if hasattr(test, "_request") and not test._request:
        test._initrequest()
    reports = [call_and_report(item, "setup", log=False)]
    if reports[0].passed:
        is_setup_only = item.config.getoption("setuponly")
        if item.config.getoption("setupshow"):
            show_test_item(item, add_space=not is_setup_only)
        if not is_setup_only:
            reports.append(call_and_report(item, "call", log=False))
    return reports


def _is_repeated_by_others(item: pytest.Item) -> bool:
    config = item.config
    if not config.pluginmanager.hasplugin("rerunfailures"):
        return False
    asked = config.getoption("reruns", None) or config.getoption("force_reruns", None) or config.getini("reruns")
    return bool(asked) or item.get_closest_marker("flaky") is not None


def _has_failed_subtests(item: pytest.Item) -> bool:
    try:
        from _pytest.subtests import failed_subtests_key
    except ImportError:
        return False  # an older pytest
    counts: Any = item.config.stash.get(failed_subtests_key, None)
    return bool(counts and counts.get(getattr(item, "id", item.nodeid)))
