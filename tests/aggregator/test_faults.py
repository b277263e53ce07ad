"""The store's file fails, and no result is lost: at the opening a clear error, in mid-run a side file and one warning."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from maestro_fabric.aggregator import StoreWriter, open_history
from maestro_fabric.aggregator.schema import MIGRATIONS
from maestro_fabric.aggregator.spill import temp_spill_path
from maestro_fabric.errors import StoreError
from maestro_fabric.model import Status
from maestro_fabric.testing import FakeClock
from support import wait_until

pytestmark = pytest.mark.fault


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk needs the right to mount one: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> None:
    """Leave no byte on the disk of a folder."""
    state = os.statvfs(folder)
    (folder / "ballast").write_bytes(b"\0" * (state.f_bavail * state.f_frsize))


def run_once(drive, run_id: str = "next") -> None:
    drive.start(run_id)
    drive.whole("afterwards")
    drive.end()
    drive.writer.close()


def outcomes(store: Path, run_id: str) -> dict[str, str]:
    with open_history(store) as history:
        return {row.name: row.status for row in history.results(run_id)}


def test_a_full_disk_is_told_at_the_opening(small_disk):
    fill(small_disk)
    with pytest.raises(StoreError, match="the disk is full: make room, or put the store elsewhere"):
        StoreWriter(small_disk / "history.db", clock=FakeClock())


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that holds no files")
def test_a_place_that_takes_no_files_is_not_called_a_full_disk():
    with pytest.raises(StoreError, match="the file cannot be opened: check that the path is a file"):
        StoreWriter(Path("/proc/x.db"), clock=FakeClock())


def test_a_disk_that_fills_up_in_mid_run_costs_no_result(small_disk, make_driver):
    store = small_disk / "history.db"
    drive = make_driver(store)
    drive.start()
    drive.whole("before")
    drive.writer.flush()
    fill(small_disk)
    for number in range(600):
        drive.whole(f"case {number}", Status.FAILED)
        drive.writer.flush()
    drive.end("failed")
    drive.writer.close()

    (warning,) = drive.writer.warnings
    assert "the disk is full" in warning
    spilled = temp_spill_path(store, "run-1")
    assert str(spilled) in warning
    assert spilled.exists()

    (small_disk / "ballast").unlink()
    run_once(make_driver(store))
    assert not spilled.exists()
    assert len(outcomes(store, "run-1")) == 601
    with open_history(store) as history:
        run = history.run("run-1")
    assert (run.status, run.counts["failed"], run.counts["passed"]) == ("failed", 600, 1)


def test_a_read_only_disk_is_told_at_the_opening(small_disk, make_driver):
    store = small_disk / "history.db"
    run_once(make_driver(store), "run-1")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    with pytest.raises(StoreError, match=r"cannot be (written to|opened): check"):
        StoreWriter(store, clock=FakeClock())
    assert outcomes(store, "run-1") == {"afterwards": "passed"}


def test_a_store_in_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot make the folder of the store .* choose another place"):
        StoreWriter(tmp_path / "file" / "history.db", clock=FakeClock())


def test_folders_above_the_store_are_made(tmp_path, make_driver):
    run_once(make_driver(tmp_path / "a" / "b" / "history.db"))
    assert outcomes(tmp_path / "a" / "b" / "history.db", "next") == {"afterwards": "passed"}


def test_a_folder_in_the_store_s_place_is_told(tmp_path):
    with pytest.raises(StoreError, match=r"is a folder: name a file in it, such as .*history\.db"):
        StoreWriter(tmp_path, clock=FakeClock())


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4096], ids=["garbage", "header only"])
def test_a_corrupt_file_is_told_and_left_as_it_is(store, content):
    store.write_bytes(content)
    with pytest.raises(StoreError, match="move it away"):
        StoreWriter(store, clock=FakeClock())
    with pytest.raises(StoreError, match="move it away"):
        open_history(store)
    assert store.read_bytes() == content


def test_a_file_that_goes_bad_in_mid_run_costs_no_result(drive, store, make_driver):
    drive.start()
    drive.whole("before")
    drive.writer.flush()
    with closing(sqlite3.connect(store)) as other:
        other.execute("DROP TABLE attempt")  # as a damaged file does, this fails every write from now on
    drive.whole("after")
    drive.end()
    drive.writer.close()

    (warning,) = drive.writer.warnings
    assert "history.db.spill-run-1.jsonl" in warning
    assert store.with_name("history.db.spill-run-1.jsonl").exists()
    store.unlink()
    run_once(make_driver())
    assert outcomes(store, "run-1") == {"after": "passed"}


def test_a_newer_schema_is_refused(store, make_driver):
    run_once(make_driver())
    with closing(sqlite3.connect(store)) as connection:
        connection.execute(f"PRAGMA user_version = {MIGRATIONS[-1].version + 1}")

    newest = MIGRATIONS[-1].version
    expected = rf"has schema {newest + 1}, this pytest-maestro knows schemas up to {newest}: upgrade it \(`pip install -U pytest-maestro`\)"
    with pytest.raises(StoreError, match=expected):
        StoreWriter(store, clock=FakeClock())
    with pytest.raises(StoreError, match=expected):
        open_history(store)


def test_another_program_s_database_is_refused(store):
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("CREATE TABLE bills (id)")
    with pytest.raises(StoreError, match="is the database of another program: choose another file"):
        StoreWriter(store, clock=FakeClock())


def test_a_store_locked_by_another_program_is_waited_for_and_then_told(store, make_driver):
    run_once(make_driver())
    clock = FakeClock()
    began = clock.monotonic()
    with locking(store), pytest.raises(StoreError, match="another program keeps it locked: close what has it open"):
        StoreWriter(store, clock=clock, patience_s=2.0)
    assert clock.monotonic() - began >= 2.0


def test_a_lock_of_thirty_seconds_in_mid_run_costs_neither_a_result_nor_the_reporter_s_time(drive, clock, store):
    drive.start()
    with locking(store):
        began = clock.monotonic()
        for number in range(30):
            drive.whole(f"case {number}")
            assert not drive.writer.flush()
        assert clock.monotonic() == began  # nobody waited
    drive.end()

    assert drive.writer.warnings == []
    assert len(outcomes(store, "run-1")) == 30


def test_a_lock_that_outlasts_the_run_sends_it_to_the_side_file(make_driver, store):
    drive = make_driver(patience_s=1.0)
    drive.start()
    with locking(store):
        drive.whole("buy")
        drive.end()
        drive.writer.close()
    (warning,) = drive.writer.warnings
    assert "another program keeps it locked" in warning
    assert "spill-run-1.jsonl" in warning

    assert outcomes(store, "run-1") == {"buy": "passed"}  # reading takes it in as well


def test_a_side_file_that_was_broken_off_is_read_as_far_as_it_goes_and_twice_does_no_harm(store, make_driver):
    drive = make_driver(patience_s=1.0)
    drive.start()
    spill = store.with_name("history.db.spill-run-1.jsonl")
    with locking(store):
        for name in ("one", "two"):
            drive.whole(name, Status.FAILED)
        drive.end("failed")
    drive.writer.close()
    content = spill.read_bytes()
    spill.write_bytes(content + b'\n{"record": [["", "shop", "thr')
    run_once(make_driver(), "next")
    spill.write_bytes(content)
    run_once(make_driver(), "after next")

    with open_history(store) as history:
        run = history.run("run-1")
        assert (run.status, run.counts["failed"], run.counts["attempts"]) == ("failed", 2, 2)
        assert len(history.attempts("run-1")) == 2


def test_a_side_file_that_makes_no_sense_is_put_aside_and_stops_nothing(store, make_driver):
    run = '{"run": {"run_id": "odd", "started_at": 1.0}, "status": "passed", "duration_s": 1.0}'
    store.with_name("history.db.spill-odd.jsonl").write_text(f'{run}\n{{"record": [1, 2]}}\n')

    drive = make_driver()
    (warning,) = drive.writer.warnings
    assert "history.db.spill-odd.jsonl.unreadable" in warning
    run_once(drive)
    assert outcomes(store, "next") == {"afterwards": "passed"}
    assert make_driver().writer.warnings == []


@pytest.mark.parametrize("duration_s", [1e300, float("inf"), float("nan"), -1.0])
def test_a_time_that_no_clock_shows_stops_nothing(drive, store, duration_s):
    drive.start()
    drive.attempt(drive.case("odd"), Status.PASSED, duration_s=duration_s)
    drive.end()

    assert drive.writer.warnings == []
    assert outcomes(store, "run-1") == {"odd": "passed"}


def test_a_link_in_the_side_file_s_place_is_not_followed(small_disk, make_driver, tmp_path):
    store = small_disk / "history.db"
    drive = make_driver(store)
    drive.start()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    temp_spill_path(store, "run-1").symlink_to(victim)
    fill(small_disk)
    for number in range(600):
        drive.whole(f"case {number}", Status.FAILED)
        drive.writer.flush()
    temp_spill_path(store, "run-1").unlink()

    assert victim.read_text() == "mine"
    assert "kept in memory only" in drive.writer.warnings[0]
    (small_disk / "ballast").unlink()
    drive.end("failed")
    assert len(outcomes(store, "run-1")) == 600


_KILLED = """
    import os, sys, time
    from pathlib import Path
    from maestro_fabric.aggregator import StoreWriter
    from maestro_fabric.events import AttemptStarted, RunStarted
    from maestro_fabric.model import Case, CaseId, RunInfo, Status
    from maestro_fabric.system.clock import SystemClock

    writer = StoreWriter(Path(sys.argv[1]), clock=SystemClock())
    writer.receive(RunStarted(RunInfo(run_id="killed", started_at=time.time())))
    for number in range(500):
        writer.add_plain(suite="unit", name=f"case {number}", params="", status=Status.PASSED, started_at=time.time(), duration_s=0.001)
    writer.receive(AttemptStarted(Case(id=CaseId("", "unit", "hangs", "x")), 1, time.time(), "gw0"))
    print("reported", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def killed_run(store: Path) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own that has reported 500 results and then hangs in a case; killed with -9 at the end."""
    command = [sys.executable, "-c", textwrap.dedent(_KILLED), str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reported\n"
        yield process
        process.kill()


def test_after_kill_9_all_reported_results_are_there_and_the_running_case_is_named(killed_run, store, ask, make_driver):
    wait_until(lambda: ask("SELECT count(*) FROM running") == [(1,)], what="the ticker's commit")
    os.kill(killed_run.pid, signal.SIGKILL)
    killed_run.wait()

    drive = make_driver()  # the next run is the one that ends it
    assert ask("SELECT status FROM runs") == [("interrupted",)]
    assert ask("SELECT name, params, error_type, worker FROM results WHERE status != 'passed'") == [("hangs", "x", "Interrupted", "gw0")]
    run_once(drive)
    with open_history(store) as history:
        run = history.run("killed")
    assert (run.counts["passed"], run.counts["error"]) == (500, 1)


def test_a_notebook_that_opens_the_store_in_mid_run_does_not_end_it(killed_run, store, ask):
    wait_until(lambda: ask("SELECT count(*) FROM running") == [(1,)], what="the ticker's commit")
    with open_history(store) as history:
        assert (history.run().status, history.run().total) == ("running", 500)

    os.kill(killed_run.pid, signal.SIGKILL)
    killed_run.wait()
    with open_history(store) as history:
        assert (history.run().status, history.run().total) == ("interrupted", 501)


class locking:  # noqa: N801 - reads as a statement
    """Another program's write lock on a store, for the length of the block."""

    def __init__(self, store: Path) -> None:
        self._connection = sqlite3.connect(store, isolation_level=None)

    def __enter__(self) -> None:
        self._connection.execute("BEGIN EXCLUSIVE")

    def __exit__(self, *error: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()
