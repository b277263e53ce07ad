"""What the store keeps, as values between the events and the tables: pure, without a database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from maestro_fabric.events import Healed
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Mark, Outcome, RunInfo, Status, StepResult

__all__ = [
    "INTERRUPTED",
    "MARKS",
    "MAX_SECONDS",
    "MAX_TEXT_CHARS",
    "RUN_STATUSES",
    "STATUSES",
    "Batch",
    "CaseDetails",
    "CaseKey",
    "ErrorText",
    "EvidenceText",
    "HealRecord",
    "LearntRecord",
    "PlainPass",
    "Record",
    "RunState",
    "attempt_record",
    "clean",
    "details_of",
    "heal_record",
    "key_of",
    "learnt_records",
    "marks_code",
    "marks_in_order",
    "marks_of",
    "reason_error",
    "sane_seconds",
]

# The position is the number in the file, so these only ever grow at their end.
STATUSES = (Status.PASSED, Status.FAILED, Status.ERROR, Status.SKIPPED, Status.BLOCKED)
MARKS = (Mark.FLAKY, Mark.HEALED, Mark.DEGRADED, Mark.QUARANTINED, Mark.XFAILED, Mark.XPASSED)
RUN_STATUSES = ("running", "passed", "failed", "interrupted")

STATUS_CODES: Mapping[str, int] = {status: code for code, status in enumerate(STATUSES)}
MARK_BITS: Mapping[str, int] = {mark: 1 << bit for bit, mark in enumerate(MARKS)}

MAX_SECONDS = 1e11
"""Three thousand years."""

MAX_TEXT_CHARS = 200_000
"""Longer messages, traces and outputs lose their middle: one endless loop that prints must not fill the store."""


class CaseKey(NamedTuple):
    """A case's identity as a dictionary key."""

    project: str
    suite: str
    name: str
    params: str


class ErrorText(NamedTuple):
    """Why an attempt did not pass; ``type`` is empty for the reason of a skipped or blocked case."""

    type: str
    message: str
    trace: str = ""
    location: str = ""


class EvidenceText(NamedTuple):
    """What is kept of an attempt that did not plainly pass: two JSON arrays and a text."""

    steps: str
    artifacts: str
    output: str


class CaseDetails(NamedTuple):
    """What may change about a case without making it another: ``tags`` and ``links`` are JSON arrays."""

    owner: str
    tags: str
    links: str
    location: str


class Record(NamedTuple):
    """One attempt; ``number`` 0 is a case that ended without one (skipped, blocked).

    ``status`` and ``marks`` are codes, ``started_at`` is in seconds since the epoch, ``is_last`` makes it the case's result.
    """

    key: CaseKey
    number: int
    status: int
    marks: int
    is_last: int
    started_at: float
    duration_s: float
    worker: str = ""
    error: ErrorText | None = None
    metadata: str = ""
    evidence: EvidenceText | None = None


class LearntRecord(NamedTuple):
    """An element when its locator worked, in JSON; ``learnt_at`` is in seconds since the epoch."""

    key: CaseKey
    step: str
    locator: str
    element: str
    others: str
    learnt_at: float


class HealRecord(NamedTuple):
    """An answer of the healer in the attempt of that number: locators, features and artifacts in JSON."""

    key: CaseKey
    number: int
    action: str
    step: str
    doing: str
    location: str
    old: str
    new: str
    confidence: float
    reason: str
    runner_up: str
    margin: float
    features: str
    artifacts: str
    engine: str


PlainPass = tuple[tuple[str, str, str, str], float, float, str]
"""A case with one attempt that passed, of which nothing else is to be said: the fields of its `CaseKey`, start, seconds, worker.

Plain tuples: unlike named ones, the garbage collector drops them once it has seen that they hold texts and numbers only. With
a named tuple for each of ten thousand tests, what it looks through again and again would grow with the run.
"""

INTERRUPTED = ErrorText("Interrupted", "the run ended while this case was running")


@dataclass(slots=True)
class RunState:
    """A run and how it stands; ``status`` is one of `RUN_STATUSES`."""

    info: RunInfo
    status: str = "running"
    duration_s: float | None = None


@dataclass(slots=True)
class Batch:
    """What is to be written next, for one run.

    Attributes:
        run: The run it belongs to.
        records: Attempts, oldest first; of two with the same case and number the later one counts.
        passes: First attempts of other cases, which plainly passed.
        totals: Changes of the roll-up by (project, suite), see `maestro_fabric.aggregator.totals`.
        details: Owner, tags, links and place of cases.
        running: The cases in flight, when they changed: number, start and worker; ``None`` when they did not.
        must_recount: Whether the roll-up has to be counted again from the rows.
        learnt: What elements were like in cases that passed.
        heals: What the healer answered.
    """

    run: RunState
    records: list[Record] = field(default_factory=list)
    totals: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    details: dict[CaseKey, CaseDetails] = field(default_factory=dict)
    running: dict[CaseKey, tuple[int, float, str]] | None = None
    must_recount: bool = False
    passes: list[PlainPass] = field(default_factory=list)

    def all_records(self) -> list[Record]:
        """The attempts, with the plain passes among them."""
        code = STATUS_CODES[Status.PASSED]
        made = [Record(CaseKey(*key), 1, code, 0, 1, started_at, lasted_s, worker) for key, started_at, lasted_s, worker in self.passes]
        return [*made, *self.records]

    learnt: list[LearntRecord] = field(default_factory=list)
    heals: list[HealRecord] = field(default_factory=list)


def attempt_record(case: Case, attempt: Attempt, *, number: int, is_last: bool) -> Record:
    """An attempt as it is kept; ``number`` is the one under which the store knows it."""
    outcome = attempt.outcome
    marks = marks_code(outcome.marks)
    is_plain = outcome.status is Status.PASSED and not marks and number == 1
    return Record(
        key=key_of(case.id),
        number=number,
        status=STATUS_CODES[outcome.status],
        marks=marks,
        is_last=int(is_last),
        started_at=sane_seconds(attempt.started_at),
        duration_s=sane_seconds(attempt.duration_s),
        worker=attempt.worker,
        error=error_of(outcome),
        metadata=json.dumps(dict(outcome.metadata), sort_keys=True, ensure_ascii=False) if outcome.metadata else "",
        evidence=None if is_plain else evidence_of(outcome),
    )


def learnt_records(case: Case, attempt: Attempt) -> list[LearntRecord]:
    """What to remember of an attempt: nothing, unless it passed."""
    if attempt.outcome.status is not Status.PASSED:
        return []
    key, when = key_of(case.id), sane_seconds(attempt.started_at)
    return [LearntRecord(key, one.step, one.locator, one.element, one.others, when) for one in attempt.outcome.learnt]


def heal_record(event: Healed, *, number: int) -> HealRecord:
    """An answer of the healer as it is kept."""
    heal = event.heal
    return HealRecord(
        key=key_of(event.case.id),
        number=number,
        action=heal.action,
        step=heal.step,
        doing=heal.doing,
        location=str(heal.location or ""),
        old=heal.old,
        new=heal.new,
        confidence=heal.confidence,
        reason=cut(heal.reason),
        runner_up=heal.runner_up,
        margin=heal.margin,
        features=heal.features,
        artifacts=json.dumps([asdict(artifact) for artifact in heal.artifacts], ensure_ascii=False),
        engine=heal.engine,
    )


def clean(value: Any) -> Any:
    r"""The value with lone surrogates in its texts spelt out (``\udc80``): SQLite takes UTF-8 only.

    Args:
        value: A text, a number, ``None``, or tuples, lists and dictionaries of them.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, tuple):
        made = [clean(item) for item in value]
        return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return value


def sane_seconds(seconds: float) -> float:
    """The seconds, or 0 when they are negative (a clock that was set back), not a number, or beyond what a column takes."""
    return seconds if 0 <= seconds < MAX_SECONDS else 0.0


def key_of(case_id: CaseId) -> CaseKey:
    """The identity as a key."""
    return CaseKey(case_id.project, case_id.suite, case_id.name, case_id.params)


def marks_code(marks: frozenset[Mark]) -> int:
    """The marks as a bitmask."""
    return sum(MARK_BITS[mark] for mark in marks)


def marks_of(code: int) -> frozenset[Mark]:
    """The marks of a bitmask."""
    return frozenset(mark for bit, mark in enumerate(MARKS) if code & (1 << bit))


def marks_in_order(code: int) -> tuple[str, ...]:
    """The names of a bitmask's marks, in the order of `MARKS`."""
    return tuple(str(mark) for bit, mark in enumerate(MARKS) if code & (1 << bit))


def error_of(outcome: Outcome) -> ErrorText | None:
    """The fault, or the reason when there is no fault."""
    return reason_error(outcome.reason) if outcome.fault is None else fault_error(outcome.fault)


def fault_error(fault: Fault) -> ErrorText:
    """A fault as it is kept."""
    return ErrorText(fault.type, cut(fault.message), cut(fault.trace), str(fault.location or ""))


def reason_error(reason: str) -> ErrorText | None:
    """Why a case was skipped or blocked, kept where the error would be; ``None`` without a reason."""
    return ErrorText("", cut(reason)) if reason else None


def evidence_of(outcome: Outcome) -> EvidenceText | None:
    """Steps, artifacts and output; ``None`` when there are none."""
    if not (outcome.steps or outcome.artifacts or outcome.output):
        return None
    return EvidenceText(
        steps=json.dumps([step_fields(step) for step in outcome.steps], ensure_ascii=False),
        artifacts=json.dumps([asdict(artifact) for artifact in outcome.artifacts], ensure_ascii=False),
        output=cut(outcome.output),
    )


def step_fields(step: StepResult) -> dict[str, object]:
    """A step as a JSON object."""
    return {
        "number": step.number,
        "label": step.shown_number,
        "title": step.title,
        "status": str(step.status),
        "duration_s": round(step.duration_s, 6),
        "location": str(step.location or ""),
        "message": cut(step.message),
    }


def details_of(case: Case) -> CaseDetails:
    """What may change about a case."""
    return CaseDetails(
        owner=case.owner,
        tags=json.dumps(list(case.tags), ensure_ascii=False),
        links=json.dumps(list(case.links), ensure_ascii=False),
        location=str(case.location or ""),
    )


def cut(text: str) -> str:
    """The text, without its middle when it is longer than `MAX_TEXT_CHARS`."""
    if len(text) <= MAX_TEXT_CHARS:
        return text
    half = MAX_TEXT_CHARS // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
