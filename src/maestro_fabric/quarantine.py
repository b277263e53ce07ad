"""Which failures are known and do not fail the run. One place decides, for the engine and for pytest; values only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.events import AttemptFinished, CaseFinished, Event
from maestro_fabric.model import CaseId, CaseResult, Fault, Location, Mark, Status

__all__ = ["NO_QUARANTINE", "QUARANTINE_SIZE", "Quarantine", "QuarantineEntry"]

QUARANTINE_SIZE = "quarantine_size"
"""The fact of a run that says how many entries were in force."""

_KNOWN_FAILURES = (Status.FAILED, Status.ERROR)  # not blocked: that is not this case's fault, and hides what it would have done
_NOT_COLLECTED = "CollectionError"
_LINE_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineEntry:
    """A case that may fail for a while.

    Attributes:
        case: ``suite::name[params]``; ``suite::name`` is the case with all its parameters.
        until: The last day on which it may fail.
        reason: What is wrong, and what the case waits for.
        owner: Who looks after it; empty for nobody.
        link: The address of the issue; empty for none.
        added: When it was put here; ``None`` when nobody has said.
        location: Where it is written; ``None`` for an entry of no file.
    """

    case: str
    until: date
    reason: str
    owner: str = ""
    link: str = ""
    added: date | None = None
    location: Location | None = None

    @property
    def why(self) -> str:
        """Until when, and why."""
        return f"until {self.until}: {self.reason}"

    @property
    def place(self) -> str:
        """The file with line and column, for messages."""
        place = self.location
        return f"{place.file}:{place.line}:{place.column}" if place is not None else "the quarantine"

    def is_expired(self, today: date) -> bool:
        """Whether its last day has passed."""
        return today > self.until

    def covers(self, case: CaseId) -> bool:
        """Whether it means this case: by its whole title, or without brackets by its name with any parameters."""
        return self.case in (str(case), f"{case.suite}::{case.name}")


class Quarantine:
    """The entries of a quarantine on one day.

    Args:
        entries: In the order of the file.
        today: The day.
    """

    def __init__(self, entries: Sequence[QuarantineEntry], today: date) -> None:
        self.entries = tuple(entries)
        self.today = today
        self._by_case = {entry.case: entry for entry in self.entries}

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def in_force(self) -> tuple[QuarantineEntry, ...]:
        """The entries that have not expired."""
        return tuple(entry for entry in self.entries if not entry.is_expired(self.today))

    @property
    def expired(self) -> tuple[QuarantineEntry, ...]:
        """Those that have."""
        return tuple(entry for entry in self.entries if entry.is_expired(self.today))

    @property
    def facts(self) -> dict[str, str]:
        """What a run's facts say of it: how many entries are in force; nothing without one."""
        return {QUARANTINE_SIZE: str(len(self.in_force))} if self.in_force else {}

    def entry_of(self, case: CaseId) -> QuarantineEntry | None:
        """The entry that means a case, expired or not; one with its parameters before one for all of them."""
        return self._by_case.get(str(case)) or self._by_case.get(f"{case.suite}::{case.name}")

    def holds(self, case: CaseId) -> QuarantineEntry | None:
        """The entry by which a failure of this case is known today; ``None`` when it counts."""
        entry = self.entry_of(case)
        return entry if entry is not None and not entry.is_expired(self.today) else None

    def judge(self, result: CaseResult) -> CaseResult:
        """The result with its mark, when its failure is known, and so those inside it."""
        if not self.entries:
            return result
        fault = result.attempts[-1].outcome.fault if result.attempts else None
        marks, reason = self._judged(result.case.id, result.status, result.marks, result.reason, fault)
        return replace(result, marks=marks, reason=reason, inner=tuple(self.judge(inner) for inner in result.inner))

    def judge_event(self, event: CaseFinished, fault: Fault | None = None) -> CaseFinished:
        """The same for a case's last event; ``fault`` is that of its last attempt."""
        if not self.entries:
            return event
        marks, reason = self._judged(event.case.id, event.status, event.marks, event.reason, fault)
        return replace(event, marks=marks, reason=reason)

    def judging(self, emit: Callable[[Event], None]) -> Callable[[Event], None]:
        """The same ``emit``, for events that nobody has judged."""
        if not self.entries:
            return emit
        faults: dict[CaseId, Fault | None] = {}

        def judged(event: Event) -> None:
            if isinstance(event, AttemptFinished):
                faults[event.case.id] = event.attempt.outcome.fault
            emit(self.judge_event(event, faults.pop(event.case.id, None)) if isinstance(event, CaseFinished) else event)

        return judged

    def ended_lines(self, cases: Iterable[CaseId]) -> list[str]:
        """A line for each expired entry that means one of the cases that ran: each fails the run."""
        met = dict.fromkeys(entry for case in cases if (entry := self.entry_of(case)) is not None and entry.is_expired(self.today))
        return [
            f"{entry.place}: the quarantine of {entry.case!r} ended on {entry.until}, so it counts again, and this "
            "entry fails the run: repair the case and remove the entry, or give it a later day after until:"
            for entry in met
        ]

    def other_ended_lines(self, cases: Iterable[CaseId]) -> list[str]:
        """A line for each other expired entry: whoever runs a few cases is not held up by it."""
        ran = list(cases)
        return [
            f"{entry.place}: the quarantine of {entry.case!r} ended on {entry.until}; it did not run here"
            for entry in self.expired
            if not any(entry.covers(case) for case in ran)
        ]

    def unknown_lines(self, known: Iterable[CaseId]) -> list[str]:
        """A line for each entry that means none of the known cases, with the nearest title."""
        ids = set(known)
        meant = {entry.case for case in ids if (entry := self.entry_of(case)) is not None}
        lost = [entry for entry in self.entries if entry.case not in meant]
        titles = {title for case in ids for title in (str(case), f"{case.suite}::{case.name}")} if lost else set()
        return [f"{entry.place}: no case {entry.case!r} is known{_hint(entry.case, titles)}" for entry in lost]

    def _judged(
        self, case: CaseId, status: Status, marks: frozenset[Mark], reason: str, fault: Fault | None
    ) -> tuple[frozenset[Mark], str]:
        # A file that cannot be collected hides cases that nobody has put into quarantine.
        if status not in _KNOWN_FAILURES or Mark.QUARANTINED in marks or (fault is not None and fault.type == _NOT_COLLECTED):
            return marks, reason
        entry = self.holds(case)
        if entry is None:
            return marks, reason
        said = reason or _first_line(fault)
        return marks | {Mark.QUARANTINED}, f"{entry.why}; {said}" if said else entry.why


NO_QUARANTINE = Quarantine((), date.max)
"""For who has none."""


def _hint(title: str, titles: Iterable[str]) -> str:
    near = did_you_mean(title, titles)
    return f"; {near}" if near else ""


def _first_line(fault: Fault | None) -> str:
    if fault is None:
        return ""
    line = next(iter(fault.message.splitlines()), "")
    text = f"{fault.type}: {line}" if fault.type else line
    return text if len(text) <= _LINE_CHARS else f"{text[: _LINE_CHARS - 1]}…"
