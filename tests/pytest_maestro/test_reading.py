"""Reading what the terminal reporter keeps gives what hearing every report does, and knows when it cannot."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.pytest_maestro.test_store_alone import TESTS
from tests.support import wait_until

from maestro_fabric.aggregator import open_history
from pytest_maestro.reading import Reading, can_read
from pytest_maestro.recorder import Recorder

MORE = """
class Odd(Exception): pass
@pytest.mark.xfail(reason="known")
def test_xfail_odd(): raise Odd("two words")
def test_xfail_itself(): pytest.xfail("said so")
@pytest.mark.flaky(reruns=1)
def test_never(): raise Odd("never")
@pytest.fixture
def breaks_too(): yield; raise Odd("down")
def test_fails_and_breaks(breaks_too): assert 0, "call"
def test_subs_pass(subtests):
    with subtests.test("one"): pass
"""

OTHER_TERMINAL = """
import pytest
from _pytest.terminal import TerminalReporter
class Mine(TerminalReporter):
    def pytest_runtest_logreport(self, report):
        super().pytest_runtest_logreport(report)
@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    old = config.pluginmanager.get_plugin("terminalreporter")
    if old is not None:
        config.pluginmanager.unregister(old)
        config.pluginmanager.register(Mine(config), "terminalreporter")
"""


def run(folder: Path, *options: str, store: str = "h.db") -> int:
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", f"--maestro-store={store}", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def rows(folder: Path, store: str) -> list[tuple[object, ...]]:
    """All that is to be the same however a run was recorded."""
    # xdist makes texts of the values of subtests.
    query = """SELECT name, params, attempt, status, marks, error_type, replace(error_message, '''1''', '1'), metadata, error_trace <> ''
        FROM attempts ORDER BY 1, 2, 3"""
    with closing(sqlite3.connect(folder / store)) as store_file:
        return store_file.execute(query).fetchall()


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heard")
    (folder / "test_it.py").write_text(TESTS + MORE)
    (folder / "other.py").write_text(OTHER_TERMINAL)
    run(folder, "-p", "other")
    return folder


@pytest.mark.parametrize("options", [[], ["-v"], pytest.param(["-n2"], marks=pytest.mark.needs_xdist)])
def test_what_is_read_is_what_would_be_heard(heard: Path, options: list[str]) -> None:
    run(heard, *options, store=f"read{len(options)}{options}.db")

    assert rows(heard, f"read{len(options)}{options}.db") == rows(heard, "h.db")
    assert len(rows(heard, "h.db")) > 20


def test_without_a_terminal_reporter_every_report_is_heard(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_a(): pass\ndef test_b(): raise KeyError('b')\n")
    run(tmp_path, "-p", "no:terminal")

    assert [row[3:7] for row in rows(tmp_path, "h.db")] == [("passed", "", None, None), ("error", "", "KeyError", "'b'")]


def test_a_file_given_twice_has_two_attempts_of_each_test(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import os\ndef test_a(): pass\ndef test_b():\n    os.mkdir('once')\n")
    run(tmp_path, "test_it.py", "test_it.py", "--keep-duplicates")

    assert [row[:4] for row in rows(tmp_path, "h.db")] == [
        ("test_it.test_a", "", 1, "passed"),
        ("test_it.test_a", "", 2, "passed"),
        ("test_it.test_b", "", 1, "passed"),
        ("test_it.test_b", "", 2, "error"),
    ]


def test_a_run_that_stops_at_the_first_failure_has_all_until_there(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pass\n")

    assert run(tmp_path, "-x") == pytest.ExitCode.TESTS_FAILED
    assert [row[0] for row in rows(tmp_path, "h.db")] == ["test_it.test_a", "test_it.test_b"]


@pytest.mark.fault
def test_kill_9_in_a_set_up_names_the_test_and_keeps_what_went_before(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest, time\n@pytest.fixture\ndef slow(): time.sleep(60)\ndef test_done(): pass\ndef test_waits(slow): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--maestro-store=h.db"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, env={**os.environ}) as process:
        wait_until(lambda: (tmp_path / "h.db").exists() and _running(tmp_path) == 1, within_s=30)
        process.send_signal(signal.SIGKILL)

    with open_history(tmp_path / "h.db"):
        pass
    run(tmp_path, "-k", "done")
    with closing(sqlite3.connect(tmp_path / "h.db")) as store:
        first = store.execute("SELECT name, status, error_type FROM results ORDER BY started_at LIMIT 2").fetchall()
    assert first == [("test_it.test_done", "passed", None), ("test_it.test_waits", "error", "Interrupted")]


def _running(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "h.db")) as store:
        try:
            return int(store.execute("SELECT count(*) FROM running").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def test_recording_plain_passes_imports_nothing_that_only_others_need(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_a(): pass\n")
    (tmp_path / "seen.py").write_text("import sys\ndef pytest_unconfigure():\n    open('modules', 'w').write(' '.join(sys.modules))\n")
    run(tmp_path, "-p", "seen")

    modules = set((tmp_path / "modules").read_text().split())
    assert "pytest_maestro.reading" in modules
    assert not modules & {
        "rich",
        "sqlite_utils",
        "pandas",
        "pydantic",
        "yaml",
        "click",
        "pytest_maestro.telling",
        "maestro_fabric.aggregator.heals",
    }


def report(when: str, outcome: str = "passed", *, nodeid: str = "test_it.py::test_a", start: float = 1.0) -> pytest.TestReport:
    return pytest.TestReport(nodeid, ("test_it.py", 0, "test_a"), {}, outcome, None, when, duration=0.25, start=start)  # type: ignore[arg-type]


def reading_of(stats: dict[str, list[pytest.TestReport]]) -> Reading:
    return Reading(SimpleNamespace(stats=stats), SimpleNamespace(items=[]), is_spread=False)  # type: ignore[arg-type]


def test_a_bad_tear_down_is_given_at_the_second_reading_when_its_exception_was_told() -> None:
    stats = {"": [report("setup")], "passed": [report("call")], "error": [report("teardown", "failed")]}
    reading = reading_of(stats)

    assert reading.read() == ([], [])
    assert [part.when for part in reading.read()[1][0][2]] == ["setup", "call", "teardown"]
    assert reading.read() == ([], ())


def test_a_test_is_given_once_when_its_reports_come_one_by_one() -> None:
    stats: dict[str, list[pytest.TestReport]] = {"": [], "passed": []}
    reading = reading_of(stats)
    given = []
    for category, when in (("", "setup"), ("passed", "call"), ("", "teardown")):
        stats[category].append(report(when))
        given.append(list(reading.read()[0]))

    assert given == [[], [], [("test_it.py::test_a", 1.0, 0.75, "")]]


def test_an_attempt_that_rerunfailures_repeats_is_given_with_the_next_one() -> None:
    stats = {"": [report("setup"), report("teardown", start=3)], "rerun": [report("call", "rerun", start=2)], "passed": []}
    reading = reading_of(stats)
    before = reading.read()
    stats[""] += [report("setup", start=4), report("teardown", start=6)]
    stats["passed"] += [report("call", start=5)]

    assert before == ([], [])
    assert [part.start for part in reading.read()[1][0][2]] == [1, 2, 3, 4, 5, 6]


def test_only_a_reporter_that_keeps_reports_as_pytest_does_is_read(pytestconfig: pytest.Config) -> None:
    class Quiet(pytest.TerminalReporter):
        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            """Keep nothing."""

    class Coloured(pytest.TerminalReporter):
        pass

    reporters = [Quiet(pytestconfig), Coloured(pytestconfig), pytest.TerminalReporter(pytestconfig), None]
    assert [can_read(each) for each in reporters] == [False, True, True, False]


class Store:
    """Takes notes by pulling, when it is told to commit."""

    due = 0.0

    def __init__(self) -> None:
        self.seen: list[object] = []

    def pull(self, source):
        self.source = source

    def flush(self) -> bool:
        self.seen += self.source()
        return True

    def tick(self) -> float:
        return 0.001


class Source:
    """A test that goes on until somebody looks whether it does: then it has passed."""

    def __init__(self) -> None:
        self.ends = lambda: None

    def read(self, *, is_end: bool = False):
        return (), ()

    def open_tests(self):
        return [("test_it.py::test_a", 1.0, None)] if self.ends is not None else []

    def is_open(self, nodeid: str) -> bool:
        return False


def test_a_test_that_passes_while_the_thread_is_about_to_tell_it_as_started_is_not_told(tmp_path: Path) -> None:
    from pytest_maestro.names import Names

    store, told = Store(), []
    recorder = Recorder(Names(project="p", rootdir=tmp_path, root=tmp_path), told.append, store, has_listeners=False)
    source = Source()
    recorder.start(source)
    recorder.take_plain(("test_it.py::test_a", 1.0, 0.5, ""))
    source.ends = None
    recorder.stop()

    assert told == []
    assert store.seen == [(("p", "tests", "test_it.test_a", ""), 1.0, 0.5, "")]
    assert recorder.tally.statuses["passed"] == 1
