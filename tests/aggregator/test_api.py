"""The aggregator as programs and notebooks use it."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from maestro_fabric.aggregator import ResultStatus, TestResultAggregator, open_history
from maestro_fabric.errors import StoreError


@pytest.fixture
def aggregator(store):
    with TestResultAggregator(db_path=store) as opened:
        yield opened


def put(aggregator, test_id="t", orchestration_id="o", category="auth", status="passed", duration=1.0, metadata=None):
    aggregator.store_result(test_id, orchestration_id, category, status, duration, metadata)


def test_pytest_does_not_collect_it():
    assert TestResultAggregator.__test__ is False


def test_a_result_comes_back_as_it_was_put_in(aggregator):
    put(aggregator, "test_login", "orch", "auth", ResultStatus.FAILED, 1.25, {"browser": "chrome", "tries": 2, "path": ("a", None)})

    (row,) = aggregator.get_results_by_category("auth")
    assert row["status"] is ResultStatus.FAILED
    assert row["metadata"] == {"browser": "chrome", "tries": 2, "path": ["a", None]}
    assert (row["test_id"], row["orchestration_id"], row["category"]) == ("test_login", "orch", "auth")
    assert (row["duration"], row["marks"]) == (1.25, [])
    assert row["timestamp"].endswith("Z")


def test_results_of_a_category_come_newest_first_and_no_others(aggregator):
    for number in range(5):
        put(aggregator, "same", f"orch {number}")
    put(aggregator, "elsewhere", category="other")

    assert [row["orchestration_id"] for row in aggregator.get_results_by_category("auth")] == [f"orch {n}" for n in (4, 3, 2, 1, 0)]
    assert [row["orchestration_id"] for row in aggregator.get_results_by_category("auth", limit=2)] == ["orch 4", "orch 3"]
    assert aggregator.get_results_by_category("nothing") == []


def test_a_summary_counts_every_status_and_mark(aggregator):
    for number, status in enumerate(["passed", "passed", "passed", "failed", "error", "skipped", "blocked"]):
        put(aggregator, f"t{number}", status=status, duration=0.5)

    assert aggregator.get_summary(orchestration_id="o") == {
        **{"total": 7, "passed": 3, "failed": 1, "error": 1, "skipped": 1, "blocked": 1},
        **{"flaky": 0, "healed": 0, "degraded": 0, "quarantined": 0, "xfailed": 0, "xpassed": 0},
        **{"pass_rate": 3 / 7, "duration": 3.5},
    }


def test_an_unknown_orchestration_has_a_summary_of_nothing(aggregator):
    summary = aggregator.get_summary("nobody's")
    assert (summary["total"], summary["pass_rate"], summary["duration"]) == (0, 0.0, 0.0)


def test_the_same_test_twice_in_an_orchestration_makes_two_results(aggregator):
    put(aggregator, status="failed")
    put(aggregator, status="passed")

    summary = aggregator.get_summary("o")
    assert (summary["total"], summary["passed"], summary["failed"]) == (2, 1, 1)
    assert [row["status"] for row in aggregator.get_results_by_category("auth")] == ["passed", "failed"]


def test_a_result_is_there_for_everybody_when_the_call_returns(aggregator, store):
    put(aggregator)
    with open_history(store) as history:
        assert [(run.status, run.total) for run in history.runs()] == [("passed", 1)]


def test_threads_and_a_second_aggregator_lose_nothing(aggregator, store):
    with TestResultAggregator(store) as second:
        threads = [
            threading.Thread(target=lambda n=n, into=into: [put(into, f"t{n}-{i}") for i in range(20)])
            for n, into in enumerate((aggregator, second, aggregator, second))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert aggregator.get_summary("o")["total"] == 80


@pytest.mark.parametrize(("field", "value"), [("status", "sunny"), ("duration", -1.0), ("duration", float("nan"))])
def test_nonsense_is_refused(aggregator, field, value):
    with pytest.raises(ValueError, match=r"sunny|duration is .*: seconds from 0 on"):
        put(aggregator, **{field: value})


def test_a_closed_aggregator_says_so(store):
    aggregator = TestResultAggregator(store)
    aggregator.close()
    aggregator.close()
    with pytest.raises(StoreError, match="closed database"):
        put(aggregator)


def test_a_store_that_cannot_be_opened_is_told(tmp_path):
    with pytest.raises(StoreError, match="is a folder"):
        TestResultAggregator(tmp_path)


def test_db_is_an_sqlite_utils_database_of_the_store(aggregator):
    put(aggregator)
    database = aggregator.db
    assert [row["name"] for row in database.query("SELECT name FROM results")] == ["t"]
    database.conn.close()


def test_neither_sqlite_utils_nor_pandas_is_imported_with_the_aggregator():
    code = "import sys, maestro_fabric.aggregator; print([name for name in ('sqlite_utils', 'pandas') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
