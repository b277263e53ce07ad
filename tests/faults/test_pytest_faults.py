"""pytest's processes killed in mid-run: nothing is left over, nothing finished is lost, and the next run works."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.support import processes_with, wait_until, wait_until_gone

from maestro_fabric.aggregator import open_history

HANG = """
import pathlib, time
def test_done(): pass
def test_hangs_a():
    pathlib.Path("hanging-a").touch()
    while True: pass
def test_hangs_b():
    pathlib.Path("hanging-b").touch()
    while True: time.sleep(60)
"""


# The two runs wait for each other in the middle, so that both write at the same time.
MEETS = """
import os, pathlib, pytest, time
@pytest.mark.parametrize("i", range(300))
def test_it(i):
    if i == 100:
        pathlib.Path(f"met-{os.getpid()}").touch()
        give_up = time.monotonic() + 60
        while len(list(pathlib.Path().glob("met-*"))) < 2: assert time.monotonic() < give_up
"""


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """pytest in that folder, and a text that all its processes have in their environment."""
    marker = f"fault-{uuid.uuid4().hex}"
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "--maestro-store=h.db", *options]
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, env={**os.environ, "FAULT_MARKER": marker})
    try:
        wait_until(lambda: processes_with(marker), what="the processes are found by their environment")
        yield process, marker
    finally:
        process.kill()
        process.wait()


def check_that_the_next_run_works(folder: Path) -> None:
    with running(folder, "-k", "test_done or test_a") as (process, marker):
        assert process.wait(60) == 0
        wait_until_gone(marker)
    assert set(statuses(folder).values()) == {"passed"}


def statuses(folder: Path) -> dict[str, str]:
    with open_history(folder / "h.db") as history:
        return {row.name: str(row.status) for row in history.results(history.runs(limit=1)[0].run_id)}


def is_written(folder: Path, *, running_cases: int) -> bool:
    """Whether the finished test and those that hang are in the store by now."""
    with closing(sqlite3.connect(folder / "h.db")) as store:
        (count,) = store.execute("SELECT count(*) FROM running").fetchone()
    return count >= running_cases and statuses(folder).get("test_it.test_done") == "passed"


@pytest.mark.fault
@pytest.mark.needs_xdist
@pytest.mark.parametrize("options", [["-n2"]])
def test_after_kill_9_of_the_controller_hanging_workers_end_and_the_run_is_interrupted(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "test_it.py").write_text(HANG)
    with running(tmp_path, *options) as (process, marker):
        wait_until((tmp_path / "hanging-a").exists, within_s=30)
        wait_until(lambda: is_written(tmp_path, running_cases=2), within_s=30)
        process.kill()
        process.wait()
        wait_until_gone(marker, within_s=30)

    with open_history(tmp_path / "h.db") as history:
        assert history.runs(limit=1)[0].status == "interrupted"
    found = statuses(tmp_path)
    assert found["test_it.test_done"] == "passed"
    assert found["test_it.test_hangs_a"] == "error"
    check_that_the_next_run_works(tmp_path)


@pytest.mark.fault
def test_ctrl_c_ends_everything_and_the_run_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(HANG)
    with running(tmp_path) as (process, marker):
        wait_until((tmp_path / "hanging-a").exists, within_s=30)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == pytest.ExitCode.INTERRUPTED
        wait_until_gone(marker)

    assert statuses(tmp_path) == {"test_it.test_done": "passed", "test_it.test_hangs_a": "error"}
    out = (tmp_path / "out.txt").read_text()
    assert "1 passed" in out
    assert "cut off by the end of the run:\n  tests::test_it.test_hangs_a\n" in out
    check_that_the_next_run_works(tmp_path)


@pytest.mark.fault
@pytest.mark.needs_xdist
def test_kill_9_of_a_worker_is_an_error_of_its_test_and_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import os, pathlib, time\n"
        "def test_victim():\n    pathlib.Path('pid').write_text(str(os.getpid()))\n    time.sleep(60)\n"
        "def test_a(): pass\ndef test_b(): pass\n"
    )
    with running(tmp_path, "-n2") as (process, marker):
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), within_s=30)
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
        assert process.wait(60) == pytest.ExitCode.TESTS_FAILED
        wait_until_gone(marker)

    assert statuses(tmp_path) == {"test_it.test_victim": "error", "test_it.test_a": "passed", "test_it.test_b": "passed"}
    check_that_the_next_run_works(tmp_path)


@pytest.mark.fault
def test_two_runs_on_one_store_at_once_both_arrive(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(MEETS)
    with running(tmp_path) as (first, _), running(tmp_path) as (second, marker):
        assert first.wait(60) == 0
        assert second.wait(60) == 0
        assert not processes_with(marker)

    with open_history(tmp_path / "h.db") as history:
        assert [len(history.results(run.run_id)) for run in history.runs(limit=5)] == [300, 300]
