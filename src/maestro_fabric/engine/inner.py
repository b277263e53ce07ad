"""The cases inside a container: not known before it runs, told while it does, over all its tries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from maestro_fabric.engine.results import concluded, finished, redacted, was_tried, without_attempt
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Event
from maestro_fabric.model import Attempt, Case, CaseId, CaseResult, Fault, Outcome, Status
from maestro_fabric.ports import Clock, Emit

__all__ = ["InnerCases"]


@dataclass(slots=True)
class _Inner:
    """What is known of one case inside: its attempts over all tries, and in this try whether it began and what it came to.

    ``told_id`` is what the session calls it.
    """

    case: Case
    told_id: CaseId
    attempts: list[Attempt] = field(default_factory=list)
    started_at: float | None = None
    said: CaseResult | None = None
    is_told: bool = False


class InnerCases:
    """Numbers, redacts and tells what a container's session says of the cases inside it.

    While the container may be tried again, the last word on a case inside it is held back: a further try gives it another
    attempt. Its attempts are told at once all the same.

    Args:
        container: The case that holds them.
        emit: Takes the events.
        redact: Replaces secrets.
        worker: This process's name among its siblings.
        clock: Time.
    """

    def __init__(self, container: Case, emit: Emit, *, redact: Callable[[str], str], worker: str, clock: Clock) -> None:
        self._container = container
        self._emit = emit
        self._redact = redact
        self._worker = worker
        self._clock = clock
        self._cases: dict[CaseId, _Inner] = {}
        self._ended: Counter[CaseId] = Counter()
        self._is_held = False

    def begin(self, *, may_be_repeated: bool) -> None:
        """A try of the container begins."""
        self._is_held = may_be_repeated
        self._ended.clear()
        for inner in self._cases.values():
            inner.said = None

    def take(self, event: Event) -> bool:
        """Take what the session tells; whether it was about a case inside."""
        if not isinstance(event, (AttemptStarted, AttemptFinished, CaseFinished)) or event.case.id == self._container.id:
            return False
        if isinstance(event, CaseFinished) and was_tried(Outcome(status=event.status, marks=event.marks)) and event.case.id in self._ended:
            return True  # of one that was tried, its attempts are the better word, and were told
        inner = self._inner(event.case)
        if isinstance(event, AttemptStarted):
            inner.started_at = event.started_at
            self._emit(AttemptStarted(inner.case, len(inner.attempts) + 1, event.started_at, self._worker))
        elif isinstance(event, AttemptFinished):
            self._take_attempt(inner, event)
        else:
            self._conclude(inner, without_attempt(inner.case, event.status, self._redact(event.reason)))
        return True

    def end(self, fault: Fault | None) -> None:
        """The try has ended: what began and was not told of since could not be judged.

        Args:
            fault: Why the container broke; ``None`` when it did not.
        """
        for inner in self._cases.values():
            if inner.started_at is not None:
                why = f": {fault.message.splitlines()[0]}" if fault and fault.message else ""
                message = f"{self._container.id.title} ended while this ran{why}"
                broken = Outcome(status=Status.ERROR, fault=Fault(type=fault.type if fault else "NotFinished", message=message))
                lasted_s = max(0.0, self._clock.now() - inner.started_at)
                attempt = Attempt(number=1, outcome=broken, started_at=inner.started_at, duration_s=lasted_s)
                self._take_attempt(inner, AttemptFinished(inner.case, attempt, is_last=True))

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What the cases came to in the try that has ended; without those that were not tried."""
        return tuple(inner.attempts[-1].outcome for inner in self._cases.values() if inner.said is not None and inner.attempts)

    def conclude(self) -> tuple[CaseResult, ...]:
        """The results, after telling the last words that were held back: no try follows."""
        self._is_held = False
        for inner in self._cases.values():
            if not inner.is_told:
                self._conclude(inner, inner.said or concluded(inner.case, inner.attempts))
        return tuple(inner.said for inner in self._cases.values() if inner.said is not None)

    def _inner(self, case: Case) -> _Inner:
        """The case as it is known: a second one with the same name in one try is another case and no further attempt."""
        before = self._ended[case.id]
        case_id = replace(case.id, name=f"{case.id.name} ({before + 1})") if before else case.id
        known = self._cases.get(case_id)
        if known is None:
            known = self._cases[case_id] = _Inner(replace(case, id=case_id, inside=self._container.id.title), case.id)
        return known

    def _take_attempt(self, inner: _Inner, event: AttemptFinished) -> None:
        outcome = redacted(event.attempt.outcome, self._redact)
        inner.started_at = None
        if not was_tried(outcome) and not inner.attempts:
            self._conclude(inner, without_attempt(inner.case, outcome.status, outcome.reason))
            return
        attempt = replace(event.attempt, number=len(inner.attempts) + 1, outcome=outcome, worker=self._worker)
        inner.attempts.append(attempt)
        self._emit(AttemptFinished(inner.case, attempt, is_last=event.is_last and not self._is_held))
        if event.is_last:
            self._conclude(inner, concluded(inner.case, inner.attempts))

    def _conclude(self, inner: _Inner, result: CaseResult) -> None:
        """Note what a case came to in this try, and tell it unless another try may follow."""
        self._ended[inner.told_id] += 1
        inner.started_at = None
        inner.said = result
        if not self._is_held:
            inner.is_told = True
            self._emit(finished(result, self._clock))
