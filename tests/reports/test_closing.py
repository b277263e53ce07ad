from __future__ import annotations

from maestro_fabric.events import AttemptStarted, BreakerChanged, CaseFinished
from maestro_fabric.model import Case, CaseId, Mark, Status
from maestro_fabric.reports.closing import Closing, count_words, named_lines, place_lines
from maestro_fabric.reports.tally import Tally

PLAIN: frozenset[Mark] = frozenset()


def case(name: str) -> Case:
    return Case(id=CaseId("p", "shop", name))


def closing(tally: Tally, **more: object) -> Closing:
    return Closing(tally=tally, run_id="run-1", store="history.db", **more)  # type: ignore[arg-type]


def test_counts_are_in_the_order_of_the_words() -> None:
    tally = Tally()
    tally.add(case("a"), Status.FAILED, frozenset({Mark.QUARANTINED}), "")
    tally.add(case("b"), Status.PASSED, frozenset({Mark.FLAKY}), "")
    tally.add_plain_passes(1)

    assert count_words(tally) == (["2 passed", "1 failed"], ["1 flaky", "1 quarantined"])


def test_what_a_person_should_look_at_is_named_by_what_it_has_in_common() -> None:
    tally = Tally()
    tally.add(case("once"), Status.PASSED, frozenset({Mark.FLAKY}), "")
    tally.add(case("broke"), Status.ERROR, PLAIN, "")
    for name in ("one", "two"):
        tally.add(case(name), Status.BLOCKED, PLAIN, "the service is down.\nits last line: bye")

    assert named_lines(closing(tally, warnings=["the disk is full"])) == [
        "flaky (passed after another attempt did not):",
        "  shop::once",
        "error (could not be judged):",
        "  shop::broke",
        "blocked: the service is down:",
        "  shop::one",
        "  shop::two",
        "its last line: bye",
        "warning: the disk is full",
    ]


def test_of_many_only_the_first_are_named() -> None:
    tally = Tally()
    for number in range(12):
        tally.add(case(f"case {number}"), Status.ERROR, PLAIN, "")

    assert named_lines(closing(tally))[-2:] == ["  shop::case 9", "  and 2 more"]


def test_cases_that_the_end_of_the_run_cut_off_are_named() -> None:
    tally = Tally()
    tally.receive(AttemptStarted(case("done"), 1, 0.0))
    tally.receive(AttemptStarted(case("buys"), 1, 0.0))
    tally.receive(CaseFinished(case("done"), Status.PASSED, PLAIN, 1.0, 1.0))
    tally.close()

    assert named_lines(closing(tally)) == ["cut off by the end of the run:", "  shop::buys"]
    assert tally.needs_a_look
    assert count_words(tally) == (["1 passed"], [])


def test_places_are_told_when_there_is_something_in_them() -> None:
    logs = [(f"service {number}", f"{number}.log") for number in range(11)]

    assert place_lines(closing(Tally())) == ["run run-1 in history.db"]
    assert place_lines(Closing(tally=Tally(), run_id="", store="history.db")) == []
    lines = place_lines(closing(Tally(), evidence="artifacts/run-1", logs=logs))
    assert lines[1:3] == ["evidence in artifacts/run-1", "log of service 0: 0.log"]
    assert lines[-1] == "and 1 more logs"


def test_a_breaker_has_one_line_with_why_it_opened_and_what_that_cost() -> None:
    tally = Tally()
    for before, after, reason in (
        ("closed", "open", "3 failures"),
        ("open", "half_open", "time for a probe"),
        ("half_open", "closed", "ok"),
    ):
        tally.receive(BreakerChanged("shop", before, after, reason, 0.0))
    tally.receive(BreakerChanged("mail", "closed", "open", "2 failures", 0.0))
    for name in ("one", "two"):
        tally.add(case(name), Status.BLOCKED, PLAIN, "shop is down: its circuit breaker is open")

    assert tally.needs_a_look
    assert named_lines(closing(tally)) == [
        "circuit breaker of shop: opened (3 failures), closed again; 2 cases were blocked",
        "circuit breaker of mail: opened (2 failures), still open; 0 cases were blocked",
    ]
