"""The questions of `history` asked of others: DuckDB and pandas on the same data, pytest-history and testhunch in their own stores.

Rows without bounds: what is compared answers in its own way. pytest-history and testhunch look at all that they have, so that they are
given the newest 50 runs; of the questions they know the flaky list only, and pytest-history the results of a run.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NEWEST_RUNS = 50
DAY_MS = 86_400_000
ATTEMPTS = "SELECT case_id, run_id, status, duration_us FROM attempt"
RUNS = "SELECT id, started_ms, json_extract(facts, '$.git_commit') FROM run ORDER BY id"
CASES = "SELECT test_case.id, suite_id, test_case.name FROM test_case ORDER BY id"
NAMES = ("summary", "last 100", "latest", "flaky, 50 runs", "by day, 90 days")


def ask_peers(path: Path, *, testhunch: str | None) -> Iterator[str]:
    """One row of the table a peer; those that are not installed say so.

    Args:
        path: The store.
        testhunch: An interpreter that has testhunch.
    """
    with closing(sqlite3.connect(path)) as store:
        count = store.execute("SELECT count(*) FROM attempt").fetchone()[0]
        if find_spec("pandas") and find_spec("duckdb"):
            columns = read_columns(store)
            for name, answers in (("DuckDB", duckdb_answers(columns)), ("pandas", pandas_answers(columns))):
                yield f"| {count:,} results: the same to {name} | – | {told(answers)} | |"
        else:
            yield "| the same to DuckDB and pandas | – | not installed here | |"
        newest = newest_runs(store)
    if find_spec("pytest_history"):
        yield f"| {NEWEST_RUNS} newest runs of 5,000: pytest-history | – | {told(pytest_history_answers(newest))} | |"
    yield f"| {NEWEST_RUNS} newest runs of 5,000: testhunch | – | {testhunch_told(newest, testhunch)} | |"


def told(milliseconds: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {took:,.2f} ms" for name, took in milliseconds.items())


def median_ms(question: Callable[[], object], times: int = 7) -> float:
    took = []
    for _ in range(times + 1):
        began = time.perf_counter()
        question()
        took.append(time.perf_counter() - began)
    return statistics.median(took[1:] or took) * 1e3


def read_columns(store: sqlite3.Connection) -> dict[str, Any]:
    """All attempts as columns of numbers, with what their runs and cases say."""
    import numpy as np
    import pandas as pd

    parts = []
    rows = store.execute(ATTEMPTS)
    while some := rows.fetchmany(500_000):
        parts.append(np.array(some, dtype=np.int32))
    attempts = np.concatenate(parts)
    frame = pd.DataFrame({"case_id": attempts[:, 0], "run_id": attempts[:, 1], "status": attempts[:, 2].astype("int8")})
    frame["duration_us"] = attempts[:, 3]
    runs = pd.DataFrame(store.execute(RUNS).fetchall(), columns=["run_id", "started_ms", "code"])
    cases = pd.DataFrame(store.execute(CASES).fetchall(), columns=["case_id", "suite_id", "name"])
    return {"attempt": frame, "run": runs, "test_case": cases}


def duckdb_answers(tables: Mapping[str, Any]) -> dict[str, float]:
    import duckdb

    connection = duckdb.connect()
    for name, frame in tables.items():
        connection.register("given", frame)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given ORDER BY ALL")  # noqa: S608 - names of this module
        connection.unregister("given")
    run, case = (int(connection.execute(f"SELECT max({name}) FROM attempt").fetchone()[0]) for name in ("run_id", "case_id"))  # noqa: S608
    since = int(tables["run"]["started_ms"].max()) - 90 * DAY_MS
    questions: tuple[tuple[str, list[int]], ...] = (
        ("SELECT status, count(*), sum(duration_us) FROM attempt WHERE run_id = ? GROUP BY status", [run]),
        ("SELECT * FROM attempt WHERE case_id = ? ORDER BY run_id DESC LIMIT 100", [case // 2]),
        ("SELECT case_id, arg_max(status, run_id) FROM attempt GROUP BY case_id", []),
        (
            """SELECT case_id FROM attempt JOIN run USING (run_id) WHERE run_id > ?
            GROUP BY case_id, code HAVING bool_or(status = 0) AND bool_or(status IN (1, 2))""",
            [run - NEWEST_RUNS],
        ),
        (
            """SELECT started_ms // ? AS day, suite_id, avg((status = 0)::int), quantile_disc(duration_us, 0.95)
            FROM attempt JOIN run USING (run_id) JOIN test_case USING (case_id) WHERE started_ms >= ? GROUP BY ALL""",
            [DAY_MS, since],
        ),
    )
    with closing(connection):
        return {
            name: median_ms(lambda asked=asked: connection.execute(*asked).fetchall()) for name, asked in zip(NAMES, questions, strict=True)
        }


def pandas_answers(tables: Mapping[str, Any]) -> dict[str, float]:
    attempts, runs, cases = tables["attempt"], tables["run"], tables["test_case"]
    run, case = attempts["run_id"].max(), attempts["case_id"].max() // 2
    since = runs["started_ms"].max() - 90 * DAY_MS

    def flaky() -> object:
        recent = attempts[attempts["run_id"] > run - NEWEST_RUNS].merge(runs, on="run_id")
        groups = recent.assign(passed=recent["status"] == 0, failed=recent["status"].isin([1, 2])).groupby(["case_id", "code"])
        sides = groups[["passed", "failed"]].any()
        return sides[sides["passed"] & sides["failed"]]

    def by_day() -> object:
        days = attempts.merge(runs[runs["started_ms"] >= since], on="run_id").merge(cases, on="case_id")
        days["passed"], days["day"] = days["status"] == 0, days["started_ms"] // DAY_MS
        groups = days.groupby(["day", "suite_id"])
        return groups["passed"].mean(), groups["duration_us"].quantile(0.95)

    questions: tuple[Callable[[], object], ...] = (
        lambda: attempts[attempts["run_id"] == run].groupby("status")["duration_us"].agg(["count", "sum"]),
        lambda: attempts[attempts["case_id"] == case].nlargest(100, "run_id"),
        lambda: attempts.loc[attempts.groupby("case_id")["run_id"].idxmax()],
        flaky,
        by_day,
    )
    return {name: median_ms(question, 1) for name, question in zip(NAMES, questions, strict=True)}


def newest_runs(store: sqlite3.Connection) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """Code and results (name, status, microseconds) of the newest runs, oldest first."""
    names = dict(store.execute("SELECT id, name FROM test_case"))
    query = "SELECT case_id, status, duration_us FROM attempt WHERE run_id = ?"
    return [
        (code, [(names[case], status, took) for case, status, took in store.execute(query, (run,))])
        for run, _, code in store.execute(RUNS).fetchall()[-NEWEST_RUNS:]
    ]


def pytest_history_answers(runs: list[tuple[str, list[tuple[str, int, int]]]]) -> dict[str, float]:
    from pytest_history import queries, report

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results.db")
        for number, (_, results) in enumerate(runs):
            report.SqlLite(path, str(number))
            rows = [(number + 1, name, name, 1, name, "failed" if status else "passed", took / 1e6) for name, status, took in results]
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.executemany(
                    'INSERT INTO "test.results" (test_run, node_id, file, lineno, testcase, outcome, duration) VALUES (?,?,?,?,?,?,?)', rows
                )
        return {
            "results of a run": median_ms(lambda: list(queries.results(path, len(runs))), 3),
            "flaky list": median_ms(lambda: list(queries.flakes(path)), 0),
        }


def testhunch_told(runs: list[tuple[str, list[tuple[str, int, int]]]], python: str | None) -> str:
    """What testhunch needed; it wants a newer Python than this project, so that it is asked in an interpreter of its own."""
    if python is None:
        return "not asked: name an interpreter that has it by --testhunch PYTHON"
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "runs.json")
        given.write_text(json.dumps(runs), encoding="utf-8")
        command = [python, str(Path(__file__).with_name("history_testhunch.py")), str(given)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    return told(json.loads(done.stdout))


if __name__ == "__main__":
    for line in ask_peers(Path(sys.argv[1]), testhunch=sys.argv[2] if len(sys.argv) > 2 else None):
        print(line)
