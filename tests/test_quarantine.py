"""Which failures are known: by day, by name, by kind."""

from __future__ import annotations

from datetime import date

import pytest

from maestro_fabric.events import AttemptFinished, CaseFinished
from maestro_fabric.model import Attempt, Case, CaseId, CaseResult, Fault, Location, Mark, Outcome, Status
from maestro_fabric.quarantine import NO_QUARANTINE, Quarantine, QuarantineEntry

TODAY = date(2026, 11, 21)
FAULT = Fault(type="AssertionError", message="1 != 2\nand more")


def case(name: str, params: str = "") -> CaseId:
    return CaseId("shop", "unit", name, params)


def entry(title: str, until: str = "2026-11-21", line: int = 3) -> QuarantineEntry:
    return QuarantineEntry(case=title, until=date.fromisoformat(until), reason="waits for #7", location=Location("q.yaml", line, 5))


def result(identity: CaseId, status: Status, fault: Fault | None = FAULT, inner: tuple[CaseResult, ...] = ()) -> CaseResult:
    attempt = Attempt(number=1, outcome=Outcome(status=status, fault=fault), started_at=0.0, duration_s=0.1)
    return CaseResult(case=Case(id=identity), status=status, marks=frozenset(), attempts=(attempt,), inner=inner)


@pytest.mark.parametrize(
    ("status", "fault", "is_known"),
    [
        (Status.FAILED, FAULT, True),
        (Status.ERROR, FAULT, True),
        (Status.BLOCKED, None, False),
        (Status.PASSED, None, False),
        (Status.SKIPPED, None, False),
        (Status.ERROR, Fault(type="CollectionError", message="no module"), False),
    ],
)
def test_failed_and_error_are_known_and_nothing_else_is(status: Status, fault: Fault | None, is_known: bool) -> None:
    judged = Quarantine([entry("unit::a")], TODAY).judge(result(case("a"), status, fault))
    assert (Mark.QUARANTINED in judged.marks) is is_known
    assert judged.status is status


def test_the_reason_says_until_when_why_and_what_went_wrong() -> None:
    judged = Quarantine([entry("unit::a")], TODAY).judge(result(case("a"), Status.FAILED))
    assert judged.reason == "until 2026-11-21: waits for #7; AssertionError: 1 != 2"


def test_the_last_day_counts_and_the_next_does_not() -> None:
    quarantine = [entry("unit::a")]
    assert Quarantine(quarantine, TODAY).holds(case("a")) is not None
    assert Quarantine(quarantine, date(2026, 11, 22)).holds(case("a")) is None
    assert Quarantine(quarantine, date(2026, 11, 22)).facts == {}
    assert Quarantine(quarantine, TODAY).facts == {"quarantine_size": "1"}


def test_a_name_means_all_parameters_and_a_case_with_its_own_goes_first() -> None:
    quarantine = Quarantine([entry("unit::a"), entry("unit::a[tea]", "2026-01-01"), entry("unit::b[x]")], TODAY)
    found = {
        str(one): quarantine.holds(one) is not None for one in (case("a"), case("a", "milk"), case("a", "tea"), case("b"), case("b", "x"))
    }
    assert found == {"unit::a": True, "unit::a[milk]": True, "unit::a[tea]": False, "unit::b": False, "unit::b[x]": True}


def test_events_and_cases_inside_are_judged_in_the_same_way() -> None:
    quarantine = Quarantine([entry("unit::file > a")], TODAY)
    inner = result(case("file > a"), Status.FAILED)
    (judged,) = quarantine.judge(result(case("file"), Status.PASSED, None, (inner,))).inner
    heard: list[object] = []
    emit = quarantine.judging(heard.append)
    emit(AttemptFinished(inner.case, inner.attempts[0], is_last=True))
    emit(CaseFinished(inner.case, Status.FAILED, frozenset(), 1.0, 0.1))
    assert isinstance(heard[1], CaseFinished)
    assert (heard[1].marks, heard[1].reason) == (judged.marks, judged.reason) == (frozenset({Mark.QUARANTINED}), judged.reason)
    assert quarantine.judge(judged) == judged  # judged twice is judged once


def test_an_expired_entry_speaks_loudly_where_its_case_ran_and_softly_elsewhere() -> None:
    quarantine = Quarantine([entry("unit::a", "2026-11-20"), entry("unit::b")], TODAY)
    (line,) = quarantine.ended_lines([case("a", "1"), case("a", "2"), case("b")])
    assert line.startswith("q.yaml:3:5: the quarantine of 'unit::a' ended on 2026-11-20, so it counts again")
    assert quarantine.ended_lines([case("b")]) == []
    assert quarantine.other_ended_lines([case("a")]) == []
    assert quarantine.other_ended_lines([case("b")]) == ["q.yaml:3:5: the quarantine of 'unit::a' ended on 2026-11-20; it did not run here"]


def test_an_entry_that_means_no_case_is_told_with_the_nearest_one() -> None:
    quarantine = Quarantine([entry("unit::test_pya"), entry("unit::test_b"), entry("else::where", line=9)], TODAY)
    assert quarantine.unknown_lines([case("test_pay"), case("test_b", "x")]) == [
        "q.yaml:3:5: no case 'unit::test_pya' is known; did you mean 'unit::test_pay'?",
        "q.yaml:9:5: no case 'else::where' is known",
    ]


def test_without_entries_nothing_is_touched() -> None:
    emit = print
    failed = result(case("a"), Status.FAILED)
    assert not NO_QUARANTINE
    assert NO_QUARANTINE.judging(emit) is emit
    assert NO_QUARANTINE.judge(failed) is failed
    assert QuarantineEntry(case="a::b", until=TODAY, reason="x").place == "the quarantine"
