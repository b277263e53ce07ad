"""What parallel workers are given next, with workers that are simulated."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_fabric.engine import Dispatcher, Job, Stage


def all_pass(suite: str) -> str:
    return ""


def refuse_block(index: int, reason: str) -> bool:
    pytest.fail(f"{index} was blocked: {reason}")


def dispatcher(stages: Sequence[Stage], jobs: Sequence[Job]) -> Dispatcher:
    made = Dispatcher(stages, jobs, all_pass)
    made.advance(refuse_block)
    return made


def test_the_longest_case_is_first_and_of_equals_the_first_in_the_file() -> None:
    given_out = dispatcher([Stage("a")], [Job("a", seconds=seconds) for seconds in (1.0, 3.0, 2.0, 3.0)])

    assert [given_out.take(2) for _ in range(4)] == [[1], [3], [2], [0]]


def test_without_history_the_order_of_the_file_holds() -> None:
    given_out = dispatcher([Stage("a"), Stage("b")], [Job("b"), Job("a"), Job("b"), Job("a")])

    assert [given_out.take(2) for _ in range(4)] == [[0], [1], [2], [3]]


def test_a_case_without_history_counts_as_a_usual_one() -> None:
    given_out = dispatcher([], [Job("a", seconds=1.0), Job("a"), Job("a", seconds=9.0), Job("a", seconds=3.0)])

    assert [given_out.take(1) for _ in range(4)] == [[2], [1], [3], [0]]


def test_a_suite_that_stays_together_is_given_to_one_worker_and_ranks_by_its_sum() -> None:
    given_out = dispatcher([Stage("js", stays_together=True)], [Job("ui", seconds=3.0), *[Job("js", seconds=2.0)] * 3])

    assert given_out.take(2, most=1) == [1, 2, 3]
    assert given_out.take(2) == [0]


def test_tests_of_a_file_are_given_out_in_their_order_and_fewer_the_less_is_left() -> None:
    given_out = dispatcher([], [Job("", "test_a.py", 1.0)] * 40)

    pieces = []
    while given_out.has_work:
        pieces.append(given_out.take(2))

    assert [index for piece in pieces for index in piece] == list(range(40))
    assert [len(piece) for piece in pieces] == sorted((len(piece) for piece in pieces), reverse=True)
    assert (len(pieces[0]), len(pieces[-1])) == (5, 1)


def test_a_file_with_one_long_test_goes_before_longer_files_of_short_ones() -> None:
    jobs = [*[Job("", "test_short.py", 0.1)] * 50, Job("", "test_long.py", 0.1), Job("", "test_long.py", 3.0)]

    given_out = dispatcher([], jobs)

    assert given_out.take(2) == [50, 51]


def test_many_cases_of_no_time_at_all_are_given_out_at_once() -> None:
    given_out = dispatcher([], [Job("a", seconds=0.0001)] * 100)

    assert len(given_out.take(8)) == 100


def test_a_blocked_suite_blocks_what_needs_it_in_the_same_round() -> None:
    bad = set()

    def reason(suite: str) -> str:
        return {"b": "a failed", "c": "b is blocked" if "b" in bad else ""}[suite]

    blocked = []

    def block(index: int, why: str) -> bool:
        blocked.append((index, why))
        bad.add("b")
        return True

    given_out = Dispatcher([Stage("a"), Stage("b", ("a",)), Stage("c", ("b",))], [Job("a"), Job("b"), Job("c")], reason)
    given_out.advance(block)
    assert (given_out.take(1), blocked) == ([0], [])
    given_out.ended(0)
    given_out.advance(block)

    assert blocked == [(1, "a failed"), (2, "b is blocked")]
    assert not given_out.is_waiting


def test_a_stop_while_blocking_goes_no_further() -> None:
    given_out = Dispatcher([Stage("a"), Stage("b", ("a",))], [Job("b"), Job("b")], lambda suite: "no")

    given_out.advance(lambda index, reason: False)

    assert given_out.is_waiting
    assert not given_out.has_work


def test_nothing_is_given_when_nothing_is_released() -> None:
    given_out = Dispatcher([Stage("a"), Stage("b", ("a",))], [Job("a"), Job("b")], all_pass)

    assert given_out.take(3) == []
    given_out.give_back([])
    assert not given_out.has_work


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Stage], list[Job]]:
    names = [f"s{number}" for number in range(draw(st.integers(1, 5)))]
    stages = [
        Stage(name, tuple(draw(st.sets(st.sampled_from(names[:place])))) if place else (), draw(st.booleans()))
        for place, name in enumerate(names)
    ]
    seconds = st.none() | st.sampled_from([0.0, 0.001, 0.04, 1.0, 5.0])
    jobs = st.builds(Job, st.sampled_from(["", *names]), st.sampled_from(["", "a.py", "b.py"]), seconds)
    return stages, draw(st.lists(jobs, max_size=30))


@settings(deadline=None)  # a busy machine is no failure
@given(plans(), st.integers(1, 4), st.data())
def test_every_case_runs_once_after_its_needs_and_the_run_ends(
    plan: tuple[list[Stage], list[Job]], workers: int, data: st.DataObject
) -> None:
    stages, jobs = plan
    given_out = dispatcher(stages, jobs)
    held: dict[int, list[int]] = {worker: [] for worker in range(workers)}
    needs = {stage.name: stage.needs for stage in stages}
    ran: list[tuple[int, int]] = []
    may_die = data.draw(st.booleans(), label="workers may die")

    while len(ran) < len(jobs):
        for worker in held:
            held[worker] = held[worker] or given_out.take(workers)
        busy = [worker for worker in held if held[worker]]
        assert busy, "nobody has anything to run, and the run has not ended"
        worker = data.draw(st.sampled_from(busy))
        index = held[worker].pop(0)
        assert not any(jobs[other].suite in needs.get(jobs[index].suite, ()) for other in set(range(len(jobs))) - {each for each, _ in ran})
        ran.append((index, worker))
        given_out.ended(index)
        if may_die and data.draw(st.booleans(), label="dies"):
            given_out.give_back(held.pop(worker))
            held[max([*held, worker]) + 1] = []
        given_out.advance(refuse_block)

    assert sorted(index for index, _ in ran) == list(range(len(jobs)))
    assert not given_out.has_work
    together = [{worker for index, worker in ran if jobs[index].suite == stage.name} for stage in stages if stage.stays_together]
    assert may_die or all(len(each) <= 1 for each in together)
