"""pytest's reports of one attempt as an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from maestro_fabric.model import Fault, Heal, Learnt, Location, Mark, Outcome, Status
from pytest_maestro.attachments import BLOCKED, FAULT, MENDED, QUARANTINED

__all__ = ["CRASHED", "NOTE", "attempts_of", "duration_of", "outcome_of"]

NOTE = "maestro"
"""The section of a report that says why a test was not tried again."""

CRASHED = "???"
"""The phase of the report that xdist makes when a worker is gone."""


def attempts_of(reports: Sequence[pytest.TestReport]) -> list[list[pytest.TestReport]]:
    """A test's reports, one list an attempt: each begins with a set-up, or after the failed report of one that was repeated.

    Of an attempt under a policy of ours that another one followed, only the failed report is there.
    """
    attempts: list[list[pytest.TestReport]] = []
    for report in reports:
        is_next = bool(attempts) and report.when == "call" and _is_rerun(attempts[-1][-1])
        if report.when == "setup" or not attempts or is_next:
            attempts.append([])
        attempts[-1].append(report)
    return attempts


def duration_of(reports: Sequence[pytest.TestReport]) -> float:
    """Seconds of set-up, call and tear-down together."""
    return sum(report.duration for report in reports if not _is_subtest(report))


def outcome_of(reports: Sequence[pytest.TestReport]) -> Outcome:
    """What one attempt came to.

    A call that said no is ``failed`` also when the tear-down broke after it; a set-up or tear-down that breaks is ``error``.

    Args:
        reports: Those of one attempt, in the order in which they came; not empty.
    """
    outcome = _plain_outcome(reports)
    mended = next((report.__dict__[MENDED] for report in reports if MENDED in report.__dict__), None)
    return outcome if mended is None else _with_mended(outcome, mended)


def _with_mended(outcome: Outcome, mended: dict[str, Any]) -> Outcome:
    """The outcome with what the healer answered, and what it learnt."""
    from maestro_fabric.adapters.browser.healing import with_heals  # few tests have any
    from maestro_fabric.adapters.browser.search import Mending
    from maestro_fabric.wire import decode

    heals = [cast("Heal", decode(heal, Heal)) for heal in mended["heals"]]
    learnt = [cast("Learnt", decode(one, Learnt)) for one in mended["learnt"]]
    return with_heals(outcome, Mending(heals=heals, learnt={(one.step, one.locator): one for one in learnt}), fail_on_heal=False)


def _plain_outcome(reports: Sequence[pytest.TestReport]) -> Outcome:
    judged = [_judge(report) for report in reports if _is_bad(report) and not _is_subtest(report)]
    subtests = [report for report in reports if _is_subtest(report)]
    if judged:
        outcome = _with_subtests(judged[0], [report for report in subtests if _is_bad(report)])
        return replace(outcome, output=_output(reports), metadata=_subtest_counts(subtests))
    for report in reports:
        if report.skipped and not _is_subtest(report):
            return _skipped(report)
    xpassed = next((report for report in reports if hasattr(report, "wasxfail")), None)
    metadata = _subtest_counts(subtests)
    if xpassed is not None:
        return Outcome(status=Status.PASSED, marks=frozenset({Mark.XPASSED}), reason=_reason(xpassed.wasxfail), metadata=metadata)
    return Outcome(status=Status.PASSED, metadata=metadata)


def _is_rerun(report: pytest.TestReport) -> bool:
    return cast("str", report.outcome) == "rerun"


def _is_bad(report: pytest.TestReport) -> bool:
    # rerunfailures calls the failed report of an attempt that is repeated "rerun".
    return cast("str", report.outcome) in ("failed", "rerun") or QUARANTINED in report.__dict__


def _is_subtest(report: pytest.TestReport) -> bool:
    return hasattr(report, "context")


def _judge(report: pytest.TestReport) -> Outcome:
    if cast("str", report.when) == CRASHED:
        message = _text(report)
        return Outcome(status=Status.ERROR, fault=Fault(type="WorkerCrashed", message=message))
    kind, is_assertion, message, is_outage, verdict = getattr(report, FAULT, None) or (*_guessed_fault(report), False, None)
    fault = Fault(type=kind, message=_with_note(report, message), trace=_text(report), location=_place(report), is_outage=is_outage)
    default = Status.FAILED if is_assertion and report.when == "call" else Status.ERROR
    status = default if verdict is None else Status(verdict)
    marks = frozenset({Mark.XPASSED}) if kind == "UnexpectedPass" else frozenset()
    return Outcome(status=status, fault=fault, marks=marks)


def _with_note(report: pytest.TestReport, message: str) -> str:
    """The message, with why the test was not tried again."""
    notes = [text for title, text in report.sections if title == NOTE]
    return "\n".join([message, *notes])


def _guessed_fault(report: pytest.TestReport) -> tuple[str, bool, str]:
    """For reports that no exception made: a strict xfail that passed, and a test whose subtests failed."""
    text = _text(report)
    if text.startswith("[XPASS(strict)]"):
        return "UnexpectedPass", True, text.removeprefix("[XPASS(strict)]").strip() or "unexpected pass"
    if report.when != "call":
        lines = [line.removeprefix("E ").strip() for line in text.splitlines() if line.startswith("E ")]
        return "CollectionError", False, (lines or text.splitlines() or ["could not be collected"])[-1]
    return "Failed", True, text or "failed without a reason"


def _shown_fault(report: pytest.TestReport) -> tuple[str, bool, str]:
    """For an expected failure whose exception nobody kept: from the line that pytest made of it; a class of "" for none."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return "", False, ""
    if crash.message.startswith("assert "):
        return "AssertionError", True, crash.message  # as pytest shows its own comparisons
    qualified, _, message = crash.message.partition(": ")
    kind = qualified.strip().rpartition(".")[2]
    return kind, False, message or kind


def _with_subtests(outcome: Outcome, failed: Sequence[pytest.TestReport]) -> Outcome:
    """The outcome of a test whose subtests failed: their faults say more than its own, which only counts them."""
    if not failed or outcome.fault is None:
        return outcome
    parts = [_judge(report) for report in failed]
    status = Status.FAILED if any(part.status is Status.FAILED for part in parts) else Status.ERROR
    faults = [part.fault for part in parts if part.fault is not None]
    traces = [outcome.fault.trace, *(fault.trace for fault in faults)]
    lines = [
        outcome.fault.message,
        *(f"{_title(report)} {fault.type}: {fault.message}" for report, fault in zip(failed, faults, strict=True)),
    ]
    fault = replace(outcome.fault, type=faults[0].type, message="\n".join(lines), trace="\n\n".join(traces), location=faults[0].location)
    return replace(outcome, status=status, fault=fault)


def _title(report: pytest.TestReport) -> str:
    context = report.context
    values = ", ".join(f"{name}={value}" for name, value in context.kwargs.items())
    return " ".join(part for part in (f"[{context.msg}]" if context.msg else "", f"({values})" if values else "") if part) or "(<subtest>)"


def _subtest_counts(subtests: Sequence[pytest.TestReport]) -> dict[str, str]:
    if not subtests:
        return {}
    return {"subtests": str(len(subtests)), "subtests_failed": str(sum(1 for report in subtests if _is_bad(report)))}


def _skipped(report: pytest.TestReport) -> Outcome:
    blocked = getattr(report, BLOCKED, "")
    if blocked:
        return Outcome(status=Status.BLOCKED, reason=blocked)
    if hasattr(report, "wasxfail"):
        kind, _, message, *_ = getattr(report, FAULT, None) or _shown_fault(report)
        fault = Fault(type=kind, message=message, trace=_text(report), location=_place(report)) if kind else None
        return Outcome(status=Status.SKIPPED, marks=frozenset({Mark.XFAILED}), reason=_reason(report.wasxfail), fault=fault)
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
    return Outcome(status=Status.SKIPPED, reason=why.removeprefix("Skipped: "))


def _text(report: pytest.TestReport) -> str:
    # Not `longreprtext`: the controller puts a line about the worker before it.
    return "" if report.longrepr is None else str(report.longrepr)


def _reason(wasxfail: str) -> str:
    return wasxfail.removeprefix("reason: ")


def _place(report: pytest.TestReport) -> Location | None:
    crash = getattr(report.longrepr, "reprcrash", None)
    return Location(crash.path, crash.lineno) if crash is not None else None


def _output(reports: Sequence[pytest.TestReport]) -> str:
    # Each report of a test repeats the sections of those before it, so the last one has all.
    return "\n".join(f"--- {title} ---\n{text}" for title, text in reports[-1].sections)
