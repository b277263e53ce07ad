"""`maestro run` on several processes, and on a Dask cluster."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import scripted_adapter
from maestro_fabric.aggregator import open_history
from support import check_that_none_is_left, running_cases, wait_until

SUITES = """
  - {name: unit, adapter: pytest, paths: [tests]}
  - {name: first, adapter: scripted, cases: [{name: a}, {name: b, do: fail}, {name: c, do: error}, {name: d, do: flaky, retry: 1}]}
  - {name: blocked, adapter: scripted, needs: [first], cases: [{name: a}, {name: s, skip: later}]}
  - {name: after, adapter: scripted, needs: [unit], cases: [{name: a, do: slow 0.05, params: [x, y]}, {name: x, do: fail, xfail: known}]}
  - {name: js, adapter: whole, cases: [{name: a.js, do: container adds=pass subtracts=fail later=skip}, {name: b.js, do: container x=pass}]}
"""


class Shop:
    """A folder with a qa.yaml, and `maestro run` there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**os.environ, "PYTHONPATH": str(folder / "plugins"), "MAESTRO_TEST_MARK": str(folder)}
        info = folder / "plugins" / "scripted-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: scripted\nVersion: 1\n")
        (info / "entry_points.txt").write_text("[maestro_fabric]\nscripted = scripted_adapter\n")
        shutil.copy(scripted_adapter.__file__, folder / "plugins")
        (folder / "tests").mkdir()
        (folder / "tests" / "test_unit.py").write_text("def test_one(): pass\ndef test_two(): pass\n")

    def config(self, suites: str, head: str = "") -> None:
        (self.folder / "qa.yaml").write_text(f"version: 1\nproject: shop\n{head}\nsuites:\n{suites}")

    def start(self, *args: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "maestro_fabric", "run", "qa.yaml", *args]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def run(self, *args: str) -> dict[str, Any]:
        process = self.start("--json", *args)
        out, err = process.communicate(timeout=60)
        assert out, err
        data: dict[str, Any] = json.loads(out)
        return data

    def ran(self) -> list[str]:
        log = self.folder / "ran.log"
        return log.read_text().splitlines() if log.exists() else []

    def results(self) -> dict[str, str]:
        with open_history(self.folder / ".maestro" / "history.db") as history:
            return {f"{row.suite}::{row.name}": str(row.status) for row in history.results(history.run().run_id)}

    def workers(self) -> set[str]:
        with open_history(self.folder / ".maestro" / "history.db") as history:
            return {row.worker for row in history.attempts(history.run().run_id)}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    yield Shop(tmp_path)
    check_that_none_is_left(f"MAESTRO_TEST_MARK={tmp_path}")


def verdicts(data: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {case["id"]: (case["status"], case["marks"], case["attempts"], case["reason"], case["error"]) for case in data["cases"]}


def test_several_processes_give_the_outcomes_of_one(shop: Shop) -> None:
    shop.config(SUITES)

    alone = shop.run()
    together = shop.run("--workers", "2")

    assert verdicts(together) == verdicts(alone)
    assert (together["exit_status"], together["counts"]) == (alone["exit_status"], alone["counts"])
    assert shop.workers() == {"w0", "w1"}
    assert len({line.split()[2] for line in shop.ran()[-9:] if line.startswith("js::")}) == 1


def test_a_worker_that_dies_is_an_error_of_its_case_and_the_rest_goes_on(shop: Shop) -> None:
    shop.config("""
  - {name: a, adapter: scripted, cases: [{name: one}, {name: dies, do: crash}, {name: two}, {name: three}]}
  - {name: js, adapter: whole, cases: [{name: a.js, do: container x=pass boom=crash}, {name: b.js, do: container y=pass}]}
""")

    data = shop.run("--workers", "2")

    statuses = {case["id"]: case["status"] for case in data["cases"]}
    assert statuses == {
        "a::one": "passed",
        "a::dies": "error",
        "a::two": "passed",
        "a::three": "passed",
        "js::a.js": "error",
        "js::a.js > x": "passed",
        "js::b.js > y": "passed",
    }
    errors = {case["id"]: case["error"] for case in data["cases"] if case["error"]}
    assert errors["a::dies"] == {"type": "WorkerDied", "message": "the worker's process died"}


def test_one_service_serves_all_processes_and_a_dead_one_blocks(shop: Shop) -> None:
    head = """services:
  web: {command: [python, -m, http.server, '{port}', --bind, 127.0.0.1], ready: {http: /, within: 20s}}
  gone: {command: [python, -c, 'raise SystemExit(3)'], ready: {tcp: true, within: 5s}}
"""
    shop.config(
        """
  - {name: a, adapter: scripted, services: [web], cases: [{name: one, do: url}, {name: two, do: url}]}
  - {name: b, adapter: scripted, services: [gone], cases: [{name: one}]}
""",
        head,
    )

    data = shop.run("--workers", "2")

    assert {case["id"]: case["status"] for case in data["cases"]} == {"a::one": "passed", "a::two": "passed", "b::one": "blocked"}


def test_maxfail_hands_out_nothing_more(shop: Shop) -> None:
    cases = ", ".join(f"{{name: c{number}, do: fail}}" for number in range(9))
    shop.config(f"  - {{name: a, adapter: scripted, cases: [{cases}]}}\n")

    data = shop.run("--workers", "2", "-x")

    assert data["exit_status"] == 1
    assert 1 <= len(data["cases"]) <= 2


@pytest.mark.fault
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_leaves_no_process_and_keeps_what_was_told(shop: Shop, how: signal.Signals) -> None:
    shop.config("""
  - {name: a, adapter: scripted, cases: [{name: hangs, do: slow 60}]}
  - {name: js, adapter: whole, cases: [{name: a.js, do: container adds=pass boom=hang}]}
""")
    process = shop.start("--workers", "2")
    wait_until(lambda: (shop.folder / "hangs").exists() and len(shop.ran()) == 2, within_s=30)
    wait_until(
        lambda: "a.js > adds" in _told(shop.folder) and "a::hangs" in running_cases(shop.folder / ".maestro" / "history.db"), within_s=30
    )

    os.kill(process.pid, how)
    process.communicate(timeout=30)

    check_that_none_is_left(f"MAESTRO_TEST_MARK={shop.folder}")
    assert shop.results() == {"a::hangs": "error", "js::a.js": "error", "js::a.js > adds": "passed"}


def _told(folder: Path) -> str:
    """The names in the store of a run that goes on."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / ".maestro" / "history.db")) as connection:
        return str(connection.execute("SELECT name FROM test_case JOIN attempt ON attempt.case_id = test_case.id").fetchall())


@pytest.fixture
def cluster(shop: Shop) -> Iterator[str]:
    """The address of a Dask scheduler with two workers."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": shop.environ, "cwd": shop.folder}
    address = shop.folder / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(address)]
    dask_worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(address), "--nthreads", "1", "--no-nanny"]
    started = [subprocess.Popen(dask, **quiet)]  # type: ignore[call-overload]
    try:
        wait_until(address.exists, within_s=30)
        started += [subprocess.Popen([*dask_worker, "--no-dashboard"], **quiet) for _ in range(2)]  # type: ignore[call-overload]
        place = json.loads(address.read_text())["address"].removeprefix("tcp://")
        wait_until(lambda: _workers(place) == 2, within_s=30)
        yield place
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def _workers(place: str) -> int:
    from distributed import Client

    with Client(f"tcp://{place}", set_as_default=False) as client:  # type: ignore[no-untyped-call]
        return len(client.scheduler_info()["workers"])


@pytest.mark.slow
def test_a_dask_cluster_gives_the_outcomes_of_one_process(shop: Shop, cluster: str) -> None:
    shop.config(SUITES)

    alone = shop.run()
    on_dask = shop.run("--executor", f"dask://{cluster}")

    assert verdicts(on_dask) == verdicts(alone)
    assert shop.workers() == {"w0", "w1"}


@pytest.mark.parametrize(
    ("executor", "message"),
    [
        ("spark://here", "--executor 'spark://here' is none that is known"),
        ("dask://127.0.0.1:9", "no Dask scheduler answers at 127.0.0.1:9"),
    ],
)
def test_an_executor_that_cannot_be_had_is_one_clear_line(shop: Shop, executor: str, message: str) -> None:
    shop.config(SUITES)

    process = shop.start("--executor", executor)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 2
    assert message in err
    assert "Traceback" not in err
