"""How soon a history of ten million results answers: 5,000 tests in 2,000 runs of 100 days, in one file.

Run with ``python benchmarks/history.py``. Making the store takes some minutes, so that ``--store PATH``, or
``MAESTRO_BENCH_HISTORY=PATH``, keeps it: made when it is not there, used again when it is. Beside it the same questions to DuckDB and
pandas on the same data, and to pytest-history and testhunch, each in its own way: see `history_peers`.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from history_peers import ask_peers

from maestro_fabric.aggregator import History, StoreWriter, Window, open_history
from maestro_fabric.aggregator.merge import merge_stores
from maestro_fabric.events import AttemptFinished, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Outcome, RunInfo, Status
from maestro_fabric.run_ids import new_run_id

TESTS, RUNS, DAYS, SUITES = 5_000, 2_000, 100, 20
FLAKY, BROKEN = 100, 40  # tests that fail now and then, and tests that fail from some run to another
NEWEST = 1_790_000_000.0
ASKED = 21
MAX_BYTES = 60.0


@dataclass(frozen=True)
class Question:
    """One row of the table."""

    name: str
    limit_ms: float
    ask: Callable[[History], object]


def case_name(number: int) -> tuple[str, str]:
    """Suite and name."""
    return f"suite_{number % SUITES:02}", f"tests.module_{number % 125:03}.test_that_it_works_{number:04}"


QUESTIONS = (
    Question("summary of a run", 5, lambda history: history.run(history.run().run_id)),
    Question("one test's last 100", 1, lambda history: history.case_history("::".join(case_name(TESTS // 2)), 100)),
    Question("latest status of every test", 10, lambda history: history.latest()),
    Question("flaky list, last 50 runs", 50, lambda history: history.flaky(Window(last=50))),
    Question("pass rate and p95 a day by category, 90 days", 200, lambda history: history.trends(Window(since=NEWEST - 90 * 86_400))),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    kept = os.environ.get("MAESTRO_BENCH_HISTORY")
    parser.add_argument("--store", type=Path, default=kept and Path(kept), help="the store; made there when it is not, and kept")
    parser.add_argument("--runs", type=int, default=RUNS, help="of 5,000 tests each, when it is made")
    parser.add_argument("--only-make", action="store_true", help="make the store and stop")
    parser.add_argument("--no-peers", action="store_true", help="ask nobody else")
    parser.add_argument("--testhunch", metavar="PYTHON", help="an interpreter that has testhunch, which needs Python 3.12")
    options = parser.parse_args()
    with store_at(options.store, options.runs) as path:
        if options.only_make:
            print(f"made {path}: {path.stat().st_size / 1e6:.0f} MB")
            return
        is_met = tell(path)
        if not options.no_peers:
            for line in ask_peers(path, testhunch=options.testhunch):
                print(line)
    sys.exit(not is_met)


def tell(path: Path) -> bool:
    """Print our rows; whether all limits hold."""
    with open_history(path) as history:
        count = sum(run.counts["attempts"] for run in history.runs(10**6))
        timed = [(question.name, question.limit_ms, median_ms(lambda ask=question.ask: ask(history))) for question in QUESTIONS]
    timed.append(("merge of a 5,000-result run", 500, merge_ms(path)))
    for name, limit_ms, took_ms in timed:
        print(f"| {count:,} results: {name} | ≤ {limit_ms:g} ms | {took_ms:.2f} ms | {'met' if took_ms <= limit_ms else 'missed'} |")
    each = path.stat().st_size / count
    print(f"| {count:,} results: bytes each, all indexes and roll-ups | ≤ {MAX_BYTES:g} B | {each:.1f} B | {_word(each <= MAX_BYTES)} |")
    return each <= MAX_BYTES and all(took_ms <= limit_ms for _, limit_ms, took_ms in timed)


def _word(is_met: bool) -> str:  # noqa: FBT001 - one word for one value
    return "met" if is_met else "missed"


def median_ms(question: Callable[[], object]) -> float:
    """Warm: the first answers are not counted."""
    times = []
    for _ in range(ASKED + 2):
        began = time.perf_counter()
        question()
        times.append(time.perf_counter() - began)
    return statistics.median(times[2:]) * 1e3


def merge_ms(path: Path) -> float:
    """A run of 5,000 results is merged into a copy of the store; one that came twice would cost nothing, so each is a new one."""
    times = []
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        copy = Path(shutil.copyfile(path, Path(folder, "copy.db")))
        for number in range(6):
            shard = Path(folder, f"shard-{number}.db")
            fill(shard, 1, newest=NEWEST + 3600 * (number + 1))
            began = time.perf_counter()
            merge_stores([shard], copy)
            times.append(time.perf_counter() - began)
    del times[0]  # the copy is not warm yet
    return statistics.median(times) * 1e3


@contextmanager
def store_at(path: Path | None, runs: int) -> Iterator[Path]:
    """The store, made when it is not there; without a path in a folder of its own that goes again."""
    if path is not None:
        if not path.exists():
            unfinished = path.with_name(f"{path.name}.unfinished")
            fill(unfinished, runs)
            unfinished.replace(path)
        yield path.absolute()
        return
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "history.db")
        fill(made, runs)
        yield made


class Past:
    """A clock that is set to when a run took place."""

    now_s = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.now_s

    def monotonic(self) -> float:
        """The same: nothing here measures."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Time goes on."""
        self.now_s += seconds


def fill(path: Path, runs: int, *, newest: float = NEWEST) -> None:
    """Write runs, the last of which began at ``newest``: most tests pass, some are flaky, some are broken for a while."""
    chance = random.Random(f"{runs} {newest}")  # noqa: S311 - data, no secret
    clock = Past()
    writer = StoreWriter(path, clock=clock, is_ticking=False)
    usual = [chance.lognormvariate(-3, 1.2) for _ in range(TESTS)]
    for run in range(runs):
        clock.now_s = newest - (runs - 1 - run) * DAYS * 86_400 / RUNS
        info = RunInfo(run_id=new_run_id(), started_at=clock.now_s, facts=facts_of(run))
        writer.receive(RunStarted(info))
        bad = failing(run, runs, chance)
        passes, at = [], clock.now_s
        for number in range(TESTS):
            if number not in bad:
                lasted_s = usual[number] * chance.uniform(0.8, 1.3)
                passes.append((("", *case_name(number), ""), at, lasted_s, ""))
                at += 0.01
        writer.pull(_once(passes))
        writer.flush()
        for number in bad:
            fail(writer, number, at)
        writer.receive(RunFinished(info.run_id, "failed", at + 1))
    writer.close()


def _once(passes: list[tuple[tuple[str, str, str, str], float, float, str]]) -> Callable[[], list[object]]:
    """Gives all on the first question, nothing later."""
    left = [passes]
    return lambda: list(left.pop()) if left else []


def facts_of(run: int) -> dict[str, str]:
    """Two runs a commit."""
    return {
        "git_commit": f"{run // 2:040x}",
        "git_branch": "main" if run % 5 else "feature",
        "git_dirty": "false",
        "python": "CPython 3.13.1",
        "host": f"runner-{run % 8}",
        "ci_provider": "github-actions",
        "ci_job": "test",
    }


def failing(run: int, runs: int, chance: random.Random) -> list[int]:
    """Who fails: flaky tests in one run of ten, broken ones for a twentieth of the history."""
    flaky = [number for number in range(FLAKY) if chance.random() < 0.1]
    return flaky + [number for number in range(FLAKY, FLAKY + BROKEN) if 0 <= run - (number * 97) % runs < max(1, runs // 20)]


def fail(writer: StoreWriter, number: int, at: float) -> None:
    """A test that fails, with an error as pytest's is."""
    case = Case(id=CaseId("", *case_name(number)))
    trace = "\n".join(f"  line {line} of {number}" for line in range(12))
    outcome = Outcome(status=Status.FAILED, fault=Fault(type="AssertionError", message=f"assert {number} == {number + 1}", trace=trace))
    writer.receive(AttemptFinished(case, Attempt(number=1, outcome=outcome, started_at=at, duration_s=0.05), is_last=True))
    writer.receive(CaseFinished(case, Status.FAILED, frozenset(), at, 0.05))


if __name__ == "__main__":
    main()
