"""What parallel workers are given next, with workers that are simulated."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

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

    assert [given_out.take(0, 2) for _ in range(4)] == [[1], [3], [2], [0]]


def test_without_history_the_order_of_the_file_holds() -> None:
    given_out = dispatcher([Stage("a"), Stage("b")], [Job("b"), Job("a"), Job("b"), Job("a")])

    assert [given_out.take(0, 2) for _ in range(4)] == [[0], [1], [2], [3]]


def test_a_case_without_history_counts_as_a_usual_one() -> None:
    given_out = dispatcher([], [Job("a", seconds=1.0), Job("a"), Job("a", seconds=9.0), Job("a", seconds=3.0)])

    assert [given_out.take(0, 1) for _ in range(4)] == [[2], [1], [3], [0]]


def test_a_suite_that_stays_together_is_given_to_one_worker_and_ranks_by_its_sum() -> None:
    given_out = dispatcher([Stage("js", stays_together=True)], [Job("ui", seconds=3.0), *[Job("js", seconds=2.0)] * 3])

    assert given_out.take(0, 2, most=1) == [1, 2, 3]
    assert given_out.take(0, 2) == [0]


def test_tests_of_a_file_are_given_out_in_their_order_and_fewer_the_less_is_left() -> None:
    given_out = dispatcher([], [Job("", "test_a.py", 1.0)] * 40)

    pieces = []
    while given_out.has_work:
        pieces.append(given_out.take(0, 2))

    assert [index for piece in pieces for index in piece] == list(range(40))
    assert [len(piece) for piece in pieces] == sorted((len(piece) for piece in pieces), reverse=True)
    assert (len(pieces[0]), len(pieces[-1])) == (5, 1)


def test_a_file_with_one_long_test_goes_before_longer_files_of_short_ones() -> None:
    jobs = [*[Job("", "test_short.py", 0.1)] * 50, Job("", "test_long.py", 0.1), Job("", "test_long.py", 3.0)]

    given_out = dispatcher([], jobs)

    assert given_out.take(0, 2) == [50, 51]


def test_many_cases_of_no_time_at_all_are_given_out_at_once() -> None:
    given_out = dispatcher([], [Job("a", seconds=0.0001)] * 100)

    assert len(given_out.take(0, 8)) == 100


def ends(dispatcher: Dispatcher, jobs: Sequence[Job], tools: Mapping[str, str], start_s: float, workers: int = 2) -> tuple[float, int]:
    """When the last worker ends, and how often a tool was started, when starting one takes so long."""
    free = [(0.0, worker) for worker in range(workers)]
    started: set[tuple[int, str]] = set()
    last = 0.0
    while free:
        now, worker = heapq.heappop(free)
        taken = dispatcher.take(worker, workers)
        for index in taken:
            tool = tools[jobs[index].suite]
            now += (jobs[index].seconds or 0.0) + (start_s if (worker, tool) not in started else 0.0)
            started.add((worker, tool))
        last = max(last, now)
        if taken:
            heapq.heappush(free, (now, worker))
    return last, len(started)


def test_a_worker_goes_on_with_the_tool_that_it_has_started_alone() -> None:
    tools = {"web": "playwright", "old": "selenium", "js": "jest"}
    jobs = [*[Job("web", seconds=0.5)] * 40, *[Job("old", seconds=0.3)] * 12, *[Job("js", seconds=0.4)] * 5]
    mixed = dispatcher([Stage(name, tool=tool) for name, tool in tools.items()], jobs)
    plain = dispatcher([Stage(name) for name in tools], jobs)

    end_s, starts = ends(mixed, jobs, tools, start_s=1.0)
    plain_s, plain_starts = ends(plain, jobs, tools, start_s=1.0)

    assert (starts, plain_starts) == (4, 6)  # playwright twice, since it has more than half of the work
    assert end_s < plain_s - 0.5


def test_the_case_that_decides_when_the_run_ends_is_given_to_whoever_is_idle() -> None:
    jobs = [*[Job("web", seconds=1.0)] * 4, Job("old", seconds=9.0), Job("old", seconds=8.0)]
    given_out = dispatcher([Stage("web", tool="playwright"), Stage("old", tool="selenium")], jobs)

    assert given_out.take("first", 2) == [4]
    assert given_out.take("second", 2) == [5]


def test_what_other_suites_wait_for_is_not_put_off_for_a_tool() -> None:
    jobs = [*[Job("web", seconds=0.5)] * 9, Job("unit", seconds=0.4), Job("long", seconds=30.0)]
    given_out = dispatcher([Stage("web", tool="playwright"), Stage("unit"), Stage("long", ("unit",))], jobs)

    assert given_out.take("first", 2, most=1) == [9]
    assert given_out.take("first", 2, most=1) == [0]


def test_without_history_tools_do_not_change_the_order() -> None:
    jobs = [Job("web"), Job("old"), *[Job("web")] * 9]
    given_out = dispatcher([Stage("web", tool="playwright"), Stage("old", tool="selenium")], jobs)

    assert [given_out.take("only", 2, most=1) for _ in range(3)] == [[0], [1], [2]]


def test_of_tools_that_are_not_started_everyone_begins_with_another() -> None:
    jobs = [*[Job("web", seconds=3.0)] * 9, *[Job("old", seconds=2.0)] * 9, *[Job("unit", seconds=1.0)] * 9]
    stages = [Stage("web", tool="playwright"), Stage("old", tool="selenium"), Stage("unit")]
    given_out = dispatcher(stages, jobs)

    assert [jobs[given_out.take(worker, 3)[0]].suite for worker in range(3)] == ["web", "old", "unit"]
    assert [jobs[given_out.take(worker, 3)[0]].suite for worker in (1, 0, 2)] == ["old", "web", "unit"]


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
    assert (given_out.take(0, 1), blocked) == ([0], [])
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

    assert given_out.take(0, 3) == []
    given_out.give_back([])
    assert not given_out.has_work


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Stage], list[Job]]:
    names = [f"s{number}" for number in range(draw(st.integers(1, 5)))]
    stages = [
        Stage(
            name,
            tuple(draw(st.sets(st.sampled_from(names[:place])))) if place else (),
            draw(st.booleans()),
            draw(st.sampled_from(["", "x", "y"])),
        )
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
            held[worker] = held[worker] or given_out.take(worker, workers)
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
