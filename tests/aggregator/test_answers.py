"""The history answers: what is flaky, slower, different, broken since when, and by what cause."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest

from maestro_fabric.aggregator import TestResultAggregator, UnknownName, open_history
from maestro_fabric.aggregator.change_point import change_points, find_slowdown
from maestro_fabric.aggregator.schema import MIGRATIONS
from maestro_fabric.aggregator.sketch import sketch_of
from maestro_fabric.aggregator.slow_query import percentile
from maestro_fabric.aggregator.window import Window
from maestro_fabric.errors import StoreError
from maestro_fabric.model import Fault, Mark, Status

P, F, E = Status.PASSED, Status.FAILED, Status.ERROR


def run(drive, number, results, *, commit="c1", seconds=0.5, **facts):
    """One run, ten minutes after the one before; a result is a status, or several for one attempt each."""
    drive.clock.advance(600)
    drive.start(f"run-{number:03}", facts={"git_commit": commit, "git_dirty": "false", "host": "ci-1", **facts})
    for name, statuses in results.items():
        attempts = statuses if isinstance(statuses, tuple) else (statuses,)
        case = drive.case(name)
        for tried, status in enumerate(attempts, 1):
            drive.attempt(case, status, number=tried, is_last=tried == len(attempts), duration_s=seconds, worker=f"gw{number % 2}")
        is_flaky = len(attempts) > 1 and attempts[-1] is P
        drive.finish(case, attempts[-1], frozenset({Mark.FLAKY} if is_flaky else ()))
    drive.end("failed")


@pytest.fixture
def history(drive, store):
    def opened():
        drive.writer.flush()
        return open_history(store)

    with closing(drive.writer):
        yield opened


def test_flaky_cases_are_found_with_their_evidence(drive, history):
    for number in range(12):
        results = {"shaky": F if number in (3, 6, 9) else P, "twin": E if number in (3, 6, 9) else P, "retried": P, "broken": F, "fine": P}
        run(drive, number, {**results, "retried": (F, P) if number == 5 else P})
    with history() as opened:
        found = {row.title: row for row in opened.flaky()}
    assert list(found) == ["shop::shaky", "shop::twin", "shop::retried"]
    shaky = found["shop::shaky"]
    assert (shaky.state, shaky.disagreements, shaky.tries, shaky.fails, shaky.clean_tries) == ("flaky", 1, 12, 3, 2)
    assert shaky.low < 0.25 < shaky.high
    assert (shaky.last_run_id, shaky.error) == ("run-009", "AssertionError: shaky said no")
    assert shaky.fails_with == ("shop::twin",)
    assert found["shop::retried"].fails_with == ()


def test_a_failure_that_makes_its_run_longer_is_not_said_to_come_early(drive, history):
    seconds_of = random.Random(4)  # noqa: S311 - data, no secret
    for number in range(40):
        drive.clock.advance(600)
        drive.start(f"run-{number:03}", facts={"git_commit": "c1", "git_dirty": "false"})
        for name in ("first", "shaky", "last"):
            status = F if name == "shaky" and number % 4 == 0 else P
            lasted = seconds_of.uniform(0.9, 1.1) * (6 if status is F else 1)
            case = drive.case(name)
            drive.attempt(case, status, duration_s=lasted)
            drive.clock.advance(lasted)
            drive.finish(case, status)
        drive.end("failed")
    with history() as opened:
        (shaky,) = opened.flaky()
    assert shaky.hints == ("duration: longer when it fails",)


def test_a_run_in_which_the_breaker_opened_proves_nothing(drive, history):
    for number in range(6):
        run(drive, number, {"buy": F if number == 3 else P})
    with history() as opened:
        assert [row.title for row in opened.flaky()] == ["shop::buy"]
    for number in range(6, 12):
        drive.clock.advance(600)
        drive.start(f"run-{number:03}", facts={"git_commit": "c2"})
        drive.whole("pay", F if number == 9 else P)
        if number == 9:
            drive.finish(drive.case("search"), Status.BLOCKED, reason="shop is down: its circuit breaker is open")
        drive.end("failed")
    with history() as opened:
        assert [row.title for row in opened.flaky()] == ["shop::buy"]


@pytest.mark.parametrize(
    "difference", [{"python": "3.13"}, {"config_digest": "other"}, {"platform": "Darwin arm64"}, {"git_dirty": "true"}]
)
def test_runs_in_another_setting_do_not_disagree(drive, history, difference):
    for number in range(6):
        run(drive, number, {"buy": F if number == 3 else P}, **(difference if number == 3 else {}))
    with history() as opened:
        assert opened.flaky() == []


def test_a_case_that_an_interrupted_run_left_behind_is_not_flaky(make_driver, drive, history, store):
    for number in range(5):
        run(drive, number, {"buy": P})
    other = make_driver(store)
    other.start("killed", facts={"git_commit": "c1"})
    other.begin(other.case("buy"))
    other.writer.close()
    with history() as opened:
        assert [row.error_type for row in opened.case_history("buy", 1)] == ["Interrupted"]
        assert opened.flaky() == []


def test_a_window_narrows_by_branch_suite_time_and_number(drive, history):
    for number in range(8):
        run(drive, number, {"buy": F if number == 2 else P}, git_branch="main" if number < 6 else "topic")
    with history() as opened:
        assert len(opened.flaky(Window(branch="main"))) == 1
        assert opened.flaky(Window(branch="topic")) == []
        assert opened.flaky(Window(suite="unit")) == []
        assert opened.flaky(Window(last=3)) == []
        assert len(opened.flaky(Window(since=drive.clock.now() - 5000))) == 1
        assert opened.flaky(Window(since=drive.clock.now() + 5000)) == []


def test_the_slower_case_comes_first_with_the_commit_where_it_changed(drive, history):
    chance = random.Random(3)  # noqa: S311 - data, no secret
    for number in range(30):
        slow = 2.0 if number >= 22 else 1.0
        run(drive, number, {"steady": P}, seconds=5 + chance.random(), commit=f"c{number}")
        drive.start(f"slow-{number:03}", facts={"git_commit": f"c{number}"})
        drive.attempt(drive.case("search"), P, duration_s=slow + chance.random() / 10)
        drive.finish(drive.case("search"), P)
        drive.end()
    with history() as opened:
        search, steady = opened.slowest()
    assert (search.title, search.is_slower, search.changed_commit, search.changed_run_id) == ("shop::search", True, "c22", "slow-022")
    assert search.ratio == pytest.approx(2, abs=0.1)
    assert (steady.title, steady.is_slower, steady.changed_commit, steady.runs) == ("shop::steady", False, "", 30)
    assert steady.p95_s > steady.median_s > 5


def test_trends_have_a_row_a_day_and_category(drive, history):
    run(drive, 0, {"buy": P, "pay": (F, P), "search": F})
    run(drive, 1, {"buy": P, "pay": P, "search": P})
    drive.clock.advance(86_400)
    drive.start("next-day")
    for number in range(150):
        drive.plain(f"test_{number}")
    drive.finish(drive.case("later"), Status.SKIPPED, reason="not yet")
    drive.end()
    with history() as opened:
        day, *next_day = opened.trends()
    assert (day.category, day.runs, day.total, day.passed, day.failed, day.flaky) == ("shop", 2, 6, 5, 1, 1)
    assert day.pass_rate == pytest.approx(5 / 6)
    assert day.p50_s == pytest.approx(0.5, rel=0.026)
    assert [(row.category, row.total, row.pass_rate) for row in next_day] == [("shop", 1, 0.0), ("unit", 150, 1.0)]
    assert next_day[1].p95_s == pytest.approx(0.001, rel=0.026)
    assert next_day[1].day > day.day


def test_what_two_runs_judge_differently_is_told_worst_first(drive, history):
    run(drive, 0, {"a": P, "b": F, "c": P, "gone": P, "same": F})
    run(drive, 1, {"a": F, "b": P, "c": P, "new": P, "same": F})
    with history() as opened:
        changes = [(row.title, row.change, row.before, row.after) for row in opened.compare("run-000")]
        assert opened.compare("run-000", "run-000") == []
        assert opened.compare("run-000")[0].error == "AssertionError: a said no"
    assert changes == [
        ("shop::a", "broken", "passed", "failed"),
        ("shop::new", "new", None, "passed"),
        ("shop::b", "fixed", "failed", "passed"),
        ("shop::gone", "gone", "passed", None),
    ]


def test_a_first_failure_has_its_commit_and_the_last_good_one(drive, history):
    for number, status in enumerate([F, P, P, F, E, F]):
        run(drive, number, {"buy": status, "pay": P}, commit=f"c{number}")
    with history() as opened:
        found = opened.first_failure("buy")
        assert opened.first_failure("pay") is None
        with pytest.raises(UnknownName, match="did you mean"):
            opened.first_failure("bux")
    assert (found.run_id, found.commit, found.runs, found.last_good_run_id, found.last_good_commit) == ("run-003", "c3", 3, "run-002", "c2")
    assert found.error == "AssertionError: buy said no"


def test_a_case_that_never_passed_has_no_last_good_run(drive, history):
    run(drive, 0, {"buy[tea]": F})
    drive.start("more")
    drive.whole("pay", F, params="card")
    drive.whole("pay", F, params="cash")
    drive.end()
    with history() as opened:
        assert opened.first_failure("pay[card]").last_good_run_id == ""
        with pytest.raises(UnknownName, match="2 cases are called 'pay'"):
            opened.first_failure("pay")


def test_failures_of_one_cause_are_one_cluster(drive, history):
    drive.start("run-1")
    for name, kind, message in [
        ("a", "TimeoutError", "GET http://localhost:4711/basket/17 took longer than 30 s"),
        ("b", "TimeoutError", "GET http://localhost:4712/orders took longer than 30.5 s"),
        ("c", "ExpectationFailed", "expected 'Thank you', seen 'Sorry'"),
        ("d", "ExpectationFailed", "expected 'Welcome', seen ''"),
        ("e", "ExpectationFailed", "the page has no such heading at all, it shows a login form"),
    ]:
        drive.attempt(drive.case(name), F, fault=Fault(type=kind, message=message))
        drive.finish(drive.case(name), F)
    drive.finish(drive.case("f"), Status.BLOCKED, reason="needs unit, which did not pass")
    drive.whole("fine")
    drive.end("failed")
    with history() as opened:
        clusters = opened.clusters()
    assert [(row.cause, row.titles) for row in clusters[:2]] == [
        ("ExpectationFailed: expected <text>, seen <text>", ("shop::c", "shop::d")),
        ("TimeoutError: GET <address> took longer than <n> s", ("shop::a", "shop::b")),
    ]
    assert [row.count for row in clusters] == [2, 2, 1, 1]
    assert clusters[3].statuses == ("blocked",)


def test_the_latest_status_is_the_newest_runs(drive, history):
    run(drive, 0, {"a": P, "b": F})
    run(drive, 1, {"b": (F, P)})
    with history() as opened:
        assert [(row.title, row.status, row.marks, row.run_id) for row in opened.latest()] == [
            ("shop::a", "passed", (), "run-000"),
            ("shop::b", "passed", ("flaky",), "run-001"),
        ]
        assert opened.latest("unit") == []


def test_an_empty_history_answers_too(drive, history):
    drive.start("running")
    with history() as opened:
        assert [opened.flaky(), opened.slowest(), opened.trends(), opened.latest(), opened.clusters()] == [[]] * 5


def test_an_old_store_is_migrated_by_who_reads_it(store, drive):
    run(drive, 0, {"a": P})
    drive.writer.close()
    with closing(sqlite3.connect(store)) as connection:
        connection.executescript(
            "DROP TABLE run_durations; DROP INDEX attempt_in_trouble; DROP TABLE latest; DROP TABLE alias; DROP TABLE body;"
            "PRAGMA user_version = 2"
        )
    with open_history(store) as opened:
        assert opened.trends()[0].p50_s == pytest.approx(0.5, rel=0.026)
        assert [(row.title, row.status) for row in opened.latest()] == [("shop::a", "passed")]
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (MIGRATIONS[-1].version,)


def test_a_damaged_store_is_told_as_such(store, drive):
    run(drive, 0, {"a": P})
    drive.writer.close()
    with closing(sqlite3.connect(store)) as connection:
        connection.executescript("DROP TABLE run_total")
    with open_history(store) as opened, pytest.raises(StoreError, match="cannot use the store"):
        opened.trends()


def test_quantiles_of_a_sketch_are_right_to_two_and_a_half_percent():
    chance = random.Random(1)  # noqa: S311
    durations = [int(10 ** chance.uniform(2, 8)) for _ in range(999)]
    sketch = sketch_of(durations[:500]) + sketch_of(durations[500:])
    for share in (0.01, 0.5, 0.95, 1.0):
        assert sketch.quantile(share) == pytest.approx(percentile(durations, share) / 1e6, rel=0.026)
    assert sketch_of([]).quantile(0.5) == 0
    assert sketch_of([0, 1]).quantile(0.5) == 1e-6


def test_a_series_is_cut_where_its_level_changes():
    chance = random.Random(2)  # noqa: S311
    levels = [1.0] * 20 + [2.0] * 20 + [1.2] * 20
    assert change_points([level * chance.lognormvariate(0, 0.05) for level in levels]) == [20, 40]
    assert change_points([chance.lognormvariate(0, 0.5) for _ in range(100)]) == []
    assert change_points([1.0, 2.0]) == []
    assert change_points([1.0] * 50) == []


@pytest.mark.parametrize(
    "seconds",
    [
        [1.0] * 28,
        [1.0] * 20 + [1.05] * 8,
        [0.001] * 20 + [0.003] * 8,
        [1.0] * 27 + [60.0],
        [1.0] * 7 + [2.0] * 8,
        [],
    ],
    ids=["stable", "too little", "too short to measure", "one slow run", "too few before", "never passed"],
)
def test_what_is_no_slowdown(seconds):
    slowdown = find_slowdown(seconds)
    assert not slowdown.is_slower
    assert slowdown.at is None


def test_the_aggregator_answers_the_same_questions(drive, store):
    for number in range(6):
        run(drive, number, {"buy": F if number == 3 else P})
    with TestResultAggregator(db_path=store) as aggregator, open_history(store) as history:
        assert aggregator.runs() == history.runs()
        assert aggregator.results(run="run-003") == history.results("run-003")
        assert aggregator.history(case="buy") == history.case_history("buy")
        assert aggregator.flaky() == history.flaky()
        assert aggregator.slowest() == history.slowest()
        assert aggregator.trends() == history.trends()
        assert aggregator.compare("run-002", "run-003") == history.compare("run-002", "run-003")
        assert aggregator.clusters(run="run-003") == history.clusters("run-003")
        assert aggregator.first_failure("buy") is None
        assert aggregator.latest() == history.latest()
        html = aggregator._repr_html_()
        assert "6 runs" in html
        assert "run-005" in aggregator.runs()._repr_html_()
        assert "{" not in aggregator.runs()._repr_html_()
        assert "run-005" in aggregator.runs()[0]._repr_html_()
        assert "shop::buy" in aggregator.flaky()._repr_html_()


def test_rows_become_a_frame(drive, store):
    pandas = pytest.importorskip("pandas")
    run(drive, 0, {"buy": F, "pay": P})
    with TestResultAggregator(db_path=store) as aggregator:
        frame = aggregator.results().to_frame()
        assert list(frame["status"]) == ["failed", "passed"]
        assert isinstance(aggregator.flaky().to_frame(), pandas.DataFrame)
