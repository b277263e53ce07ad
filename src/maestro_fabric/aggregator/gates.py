"""Whether a run may be shipped: each gate says what it found, what was allowed, and which cases break it. Values only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maestro_fabric.aggregator.found import ResultRow, RunRow
from maestro_fabric.aggregator.query import History
from maestro_fabric.aggregator.slow_query import percentile
from maestro_fabric.aggregator.window import ALL, Window
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.gates import GatesConfig
from maestro_fabric.quarantine import QUARANTINE_SIZE

__all__ = ["GateResult", "judge_gates", "judge_run"]

_BAD = ("failed", "error")
_LEFT_OUT = ("skipped", "blocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate's answer.

    Attributes:
        gate: Its key in qa.yaml.
        has_passed: Whether it holds.
        found: What the run is, for a person.
        allowed: What it may be.
        cases: Titles of the cases that break it; empty when it holds, or when no single case does.
        note: What else one should know, such as the baseline.
    """

    gate: str
    has_passed: bool
    found: str
    allowed: str
    cases: tuple[str, ...] = ()
    note: str = ""


def judge_run(history: History, gates: GatesConfig, run: str = "latest", window: Window = ALL) -> list[GateResult]:
    """The gates' answers on a run of a store, or on its cases of the window's suite, in the order of the configuration's keys.

    Raises:
        UnknownName: when there is no such run, or no baseline of the name.
        StoreError: when the file cannot be read.
    """
    found = history.run(run, window)
    baseline = _baseline(history, gates, found) if gates.new_failures is not None else None
    before = history.results(baseline.run_id, window.suite) if baseline else ()
    return judge_gates(gates, found, history.results(found.run_id, window.suite), baseline=baseline, before=before)


def judge_gates(
    gates: GatesConfig, run: RunRow, results: Sequence[ResultRow], *, baseline: RunRow | None = None, before: Iterable[ResultRow] = ()
) -> list[GateResult]:
    """The gates' answers on a run.

    Args:
        gates: What is allowed; gates that are not set are not judged.
        run: The run.
        results: Its results.
        baseline: The run that new failures are new against; ``None`` when there is none, and every failure is new.
        before: Its results.
    """
    judged = [row for row in results if row.status not in ("skipped",)]
    answers = [
        _pass_rate(gates, judged),
        _new_failures(gates, results, baseline, before),
        _flaky(gates, judged),
        *(_counted(gates, results, name) for name in ("healed", "degraded", "blocked", "quarantined")),
        _quarantine_size(gates, run, results),
        _p95(gates, results),
        _duration(gates, run),
        *(_must_run(tag, results) for tag in gates.must_run),
    ]
    return [answer for answer in answers if answer is not None]


def _pass_rate(gates: GatesConfig, judged: Sequence[ResultRow]) -> GateResult | None:
    if gates.pass_rate is None:
        return None
    # What is quarantined is known: it neither passes nor is it held against the run.
    counted = [row for row in judged if "quarantined" not in row.marks]
    bad = [row for row in counted if row.status != "passed"]
    share = 1 - len(bad) / len(counted) if counted else 0.0
    found = f"{share:.1%} of {len(counted)}" if counted else "no case was judged"
    has_passed = share >= gates.pass_rate
    cases = () if has_passed else _titles(bad)
    return GateResult(gate="pass_rate", has_passed=has_passed, found=found, allowed=f"at least {_percent(gates.pass_rate)}", cases=cases)


def _new_failures(
    gates: GatesConfig, results: Iterable[ResultRow], baseline: RunRow | None, before: Iterable[ResultRow]
) -> GateResult | None:
    if gates.new_failures is None:
        return None
    known = {row.title for row in before if row.status in _BAD}
    new = [row for row in results if row.status in _BAD and "quarantined" not in row.marks and row.title not in known]
    note = f"against run {baseline.run_id}" if baseline else "there is no run to compare with, so every failure is new"
    return _limit("new_failures", new, gates.new_failures, note)


def _flaky(gates: GatesConfig, judged: Sequence[ResultRow]) -> GateResult | None:
    if gates.flaky is None:
        return None
    flaky = [row for row in judged if "flaky" in row.marks]
    share = len(flaky) / len(judged) if judged else 0.0
    return GateResult(
        gate="flaky",
        has_passed=share <= gates.flaky,
        found=f"{share:.1%} of {len(judged)}",
        allowed=f"at most {_percent(gates.flaky)}",
        cases=_titles(flaky) if share > gates.flaky else (),
    )


def _counted(gates: GatesConfig, results: Iterable[ResultRow], name: str) -> GateResult | None:
    limit: int | None = getattr(gates, name)
    return None if limit is None else _limit(name, [row for row in results if name in (row.status, *row.marks)], limit)


def _quarantine_size(gates: GatesConfig, run: RunRow, results: Iterable[ResultRow]) -> GateResult | None:
    if gates.quarantine_size is None:
        return None
    size = int(run.facts.get(QUARANTINE_SIZE, "0"))
    failed = _titles(row for row in results if "quarantined" in row.marks)
    has_passed = size <= gates.quarantine_size
    cases, note = ((), "") if has_passed else (failed, f"{len(failed)} of them failed in this run")
    allowed = f"at most {gates.quarantine_size}"
    return GateResult(gate="quarantine_size", has_passed=has_passed, found=str(size), allowed=allowed, cases=cases, note=note)


def _p95(gates: GatesConfig, results: Iterable[ResultRow]) -> GateResult | None:
    if gates.duration_p95 is None:
        return None
    passed = [row for row in results if row.status == "passed"]
    p95 = percentile([row.duration_s for row in passed], 0.95)
    too_long = [row for row in passed if row.duration_s > gates.duration_p95]
    return GateResult(
        gate="duration_p95",
        has_passed=p95 <= gates.duration_p95,
        found=format_duration(p95),
        allowed=f"at most {format_duration(gates.duration_p95)}",
        cases=_titles(sorted(too_long, key=lambda row: -row.duration_s)) if p95 > gates.duration_p95 else (),
    )


def _duration(gates: GatesConfig, run: RunRow) -> GateResult | None:
    if gates.duration is None:
        return None
    lasted = run.duration_s or 0.0
    allowed = f"at most {format_duration(gates.duration)}"
    return GateResult(gate="duration", has_passed=lasted <= gates.duration, found=format_duration(lasted), allowed=allowed)


def _must_run(tag: str, results: Iterable[ResultRow]) -> GateResult:
    tagged = [row for row in results if tag in row.tags]
    left_out = [row for row in tagged if row.status in _LEFT_OUT]
    return GateResult(
        gate=f"must_run {tag}",
        has_passed=bool(tagged) and not left_out,
        found=f"{len(tagged) - len(left_out)} of {len(tagged)} ran" if tagged else "no case has the tag",
        allowed="all, and one at least",
        cases=_titles(left_out),
    )


def _limit(gate: str, rows: Sequence[ResultRow], limit: int, note: str = "") -> GateResult:
    has_passed = len(rows) <= limit
    cases = () if has_passed else _titles(rows)
    return GateResult(gate=gate, has_passed=has_passed, found=str(len(rows)), allowed=f"at most {limit}", cases=cases, note=note)


def _baseline(history: History, gates: GatesConfig, run: RunRow) -> RunRow | None:
    """The newest older run of the branch named, or the run named; without a name the newest older run of the same branch."""
    older = history.run_before(run, branch=gates.baseline or run.git_branch)
    if older is None and gates.baseline:
        return history.run(gates.baseline)
    return older


def _titles(rows: Iterable[ResultRow]) -> tuple[str, ...]:
    return tuple(row.title for row in rows)


def _percent(share: float) -> str:
    return f"{share * 100:.4g}%"
