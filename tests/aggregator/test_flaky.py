"""Flaky is what disagrees with itself on the same code; a regression, a dead environment and a repaired case are not."""

from __future__ import annotations

import pytest

from maestro_fabric.aggregator.flaky import FlakyState, Sighting, judge
from maestro_fabric.aggregator.flaky_environment import RunHealth, down_runs
from maestro_fabric.aggregator.flaky_groups import co_failing_groups, jaccard_distance
from maestro_fabric.aggregator.flaky_hints import Circumstances, find_hints


def seen(pattern, *, code="c1", first=0):
    """A run a letter: P passed, F failed, R passed after a retry."""
    return [Sighting(first + index, code, int(letter in "PR"), int(letter in "FR")) for index, letter in enumerate(pattern)]


def state(*parts):
    return judge([sighting for part in parts for sighting in part]).state


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("PPPPPPPP", FlakyState.STABLE),
        ("FFFFFFFF", FlakyState.STABLE),
        ("PPFPPP", FlakyState.FLAKY),
        ("PPPPR", FlakyState.FLAKY),
        ("PF", FlakyState.SUSPECTED),
        ("R", FlakyState.SUSPECTED),
        ("PPPPF", FlakyState.FLAKY),
        ("PPPPFFFF", FlakyState.SUSPECTED),
        ("FFFPP" + "P" * 98, FlakyState.RECOVERED),
        ("FPPPP" + "P" * 20, FlakyState.FLAKY),
        ("FFFPP" + "P" * 98 + "F", FlakyState.FLAKY),
        ("", FlakyState.STABLE),
    ],
)
def test_runs_of_one_commit_are_judged_by_whether_they_disagree(pattern, expected):
    assert state(seen(pattern)) is expected


def test_a_regression_is_never_flaky_however_often_it_was_tried():
    assert state(seen("PPPPPPPP", code="good"), seen("FFFFFFFFFFFFFFFF", code="bad", first=8)) is FlakyState.STABLE


def test_a_repaired_regression_is_not_flaky_either():
    assert state(seen("PPPPP", code="a"), seen("FFFFF", code="b", first=5), seen("PPPPP", code="c", first=10)) is FlakyState.STABLE


def test_failures_on_code_that_never_passed_do_not_count_for_the_rate():
    verdict = judge([*seen("PPPPF", code="good"), *seen("FFFFFFFFFF", code="bad", first=5)])
    assert (verdict.tries, verdict.fails) == (5, 1)
    assert verdict.rate == pytest.approx(1.5 / 6)


def test_without_a_commit_only_retries_are_evidence():
    assert state(seen("PFPFPF", code="")) is FlakyState.SUSPECTED
    assert state(seen("PPFPPP", code="")) is FlakyState.STABLE
    assert state(seen("PPRPPP", code="")) is FlakyState.FLAKY


def test_the_interval_holds_the_rate_and_narrows_with_more_runs():
    few, many = judge(seen("PPPPF")), judge(seen("PPPPF" * 20))
    assert few.interval()[0] < few.rate < few.interval()[1]
    assert many.interval()[1] - many.interval()[0] < (few.interval()[1] - few.interval()[0]) / 3


def test_the_newest_flips_weigh_most():
    assert judge(seen("PFPFPPPPPPPP")).flip_rate < judge(seen("PPPPPPPPPFPF")).flip_rate
    assert judge(seen("PPPPPP")).flip_rate == 0


def test_every_verdict_says_which_rule_made_it():
    assert "2 tries only" in judge(seen("PF")).reason
    assert "98 passes" not in judge(seen("PPPPF")).reason
    assert "looks broken" in judge(seen("PPPPFFFF")).reason


def test_a_run_in_which_far_more_failed_than_usual_was_down():
    runs = {run: RunHealth(100, 3) for run in range(5)} | {9: RunHealth(100, 60)}
    assert down_runs(runs) == {9}


def test_a_suite_of_which_a_third_always_fails_is_not_down():
    assert down_runs({run: RunHealth(100, 34 + run) for run in range(5)}) == frozenset()


def test_a_group_of_flaky_cases_does_not_make_a_small_run_suspicious():
    assert down_runs({0: RunHealth(20, 0), 1: RunHealth(20, 8), 2: RunHealth(20, 0)}) == frozenset()


def test_a_run_with_an_open_breaker_was_down_and_an_empty_one_was_not():
    assert down_runs({0: RunHealth(10, 1), 1: RunHealth(0, 0), 2: RunHealth(10, 1, has_open_breaker=True)}) == {2}
    assert down_runs({}) == frozenset()


def test_cases_that_fail_in_the_same_runs_are_a_group():
    failed_in = {"a": {1, 2, 3, 9}, "x": {5, 6}, "b": {1, 2, 3}, "alone": {4}, "c": {1, 2, 3, 7}, "y": {5, 6}}
    assert co_failing_groups(failed_in) == [["a", "b", "c"], ["x", "y"]]


def test_a_chain_does_not_join_what_has_nothing_in_common():
    failed_in = {"a": {1, 2, 3, 4}, "b": {3, 4, 5, 6, 1, 2}, "c": {5, 6, 7, 3}}
    assert co_failing_groups(failed_in) == [["a", "b"]]


def test_failing_together_once_is_chance():
    assert co_failing_groups({"a": {1}, "b": {1}}) == []
    assert jaccard_distance(set(), set()) == 1


def attempts(failed, **others):
    """Forty attempts, alike but for what is given as functions of their number."""
    plain = {"worker": "gw0", "host": "ci", "workers": 2, "hour": 10, "duration_s": 1.0, "place": 0.5}
    return [
        Circumstances(has_failed=failed(number), **{**plain, **{name: value(number) for name, value in others.items()}})
        for number in range(40)
    ]


@pytest.mark.parametrize(
    ("others", "hint"),
    [
        ({"worker": lambda number: f"gw{number % 4}"}, "worker: 10 of 10 failures, 0 of 30 passes with gw0"),
        ({"host": lambda number: "old" if number % 4 == 0 else "new"}, "host: 10 of 10 failures, 0 of 30 passes with old"),
        ({"hour": lambda number: 3 if number % 4 == 0 else 13}, "time of day: 10 of 10 failures, 0 of 30 passes with 00:00-06:00 UTC"),
        ({"duration_s": lambda number: 30.0 + number if number % 4 == 0 else 1 + number / 100}, "duration: longer when it fails"),
        ({"workers": lambda number: 8 if number % 4 == 0 else 1}, "parallelism: fails with more workers"),
        ({"place": lambda number: 1.0 if number % 4 == 0 else number / 100}, "order: fails late in a run"),
    ],
)
def test_what_the_failures_share_is_named(others, hint):
    assert hint in find_hints(attempts(lambda number: number % 4 == 0, **others))


def test_without_a_connection_there_is_no_hint():
    scattered = attempts(lambda number: number % 4 == 0, worker=lambda number: f"gw{number % 3}", duration_s=lambda number: number % 7)
    assert find_hints(scattered) == ()
    assert find_hints(attempts(lambda number: number < 2)) == ()
