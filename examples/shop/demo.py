"""Run the example shop's qa.yaml as a user would, and check that exactly two things went wrong: the two that should.

``make demo`` calls this. Exit status 0 means: all tests of the six frameworks ran, one case was flaky, one failed, each as
announced, and nothing else. A suite whose program this machine lacks (Node, a driver) is blocked, and said to be. After that the shop
dies, see outage_demo.py, and is redesigned, see redesign_demo.py.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from outage_demo import main as show_outage
from redesign_demo import main as show_redesign

from maestro_fabric.aggregator import open_history
from maestro_fabric.aggregator.found import ResultRow

SHOP = Path(__file__).resolve().parent
STORE = SHOP / ".maestro" / "history.db"
FLAKY = {"browse::the deal of the day"}
FAILED = {"buy::delivery is free from 30 EUR"}
BAD = {"failed", "error", "blocked"}


class Suite(NamedTuple):
    """What a suite must give: how many results of each status; whether it may be blocked when this machine lacks its program."""

    framework: str
    counts: Mapping[str, int]
    may_lack_program: bool = False


SUITES = {
    "unit": Suite("pytest", {"passed": 71}),
    "widgets": Suite("Jest", {"passed": 12, "skipped": 1}, may_lack_program=True),
    "operations": Suite("an adapter of one's own", {"passed": 3}),
    "features": Suite("behave", {"passed": 10}),
    "browse": Suite("Playwright", {"passed": 23, "skipped": 2}),
    "buy": Suite("Playwright", {"passed": 11, "failed": 1}),
    "office": Suite("Playwright", {"passed": 4}),
    "second_engine": Suite("Selenium", {"passed": 6}, may_lack_program=True),
}


def main() -> int:
    environ = _environ()
    before = _newest_run()
    _show("pytest examples/shop/qa.yaml -n 2")
    subprocess.run([sys.executable, "-m", "pytest", str(SHOP / "qa.yaml"), "-n", "2", *sys.argv[1:]], env=environ, check=False)  # noqa: S603 - our own command
    run_id = _newest_run()
    if run_id == before:
        print("\nThe demo did not go as it should: pytest recorded no run.")
        return 1
    _show(f"{_maestro()} runs --limit 3 --store {os.path.relpath(STORE)}")
    subprocess.run([sys.executable, "-m", "maestro_fabric", "runs", "--limit", "3", "--store", str(STORE)], env=environ, check=False)  # noqa: S603 - ours, too
    with open_history(STORE) as history:
        results = history.results(run_id)
    lacking = _lacking(results)
    problems = list(_problems([row for row in results if row.suite not in lacking], lacking))
    _sum_up(run_id, problems, results, lacking)
    return 1 if problems or show_outage() or show_redesign(list(lacking)) else 0


def _newest_run() -> str:
    if not STORE.exists():
        return ""
    with open_history(STORE) as history:
        runs = history.runs(1)
    return runs[0].run_id if runs else ""


def _environ() -> dict[str, str]:
    # The shop is started with the `python` of this virtual environment, whether it is activated or not.
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _show(command: str) -> None:
    print(f"\n$ {command}", flush=True)


def _maestro() -> str:
    """The command as it can be typed here: in a venv that is not activated it has a path."""
    return "maestro" if shutil.which("maestro") else os.path.relpath(Path(sys.executable).with_name("maestro"))


def _lacking(results: Sequence[ResultRow]) -> dict[str, str]:
    """The suites that nothing of ran for want of a program, and what they say."""
    blocked = {row.suite: row.error_message or "" for row in results if row.status == "blocked"}
    ran = {row.suite for row in results if row.status != "blocked"}
    return {name: reason for name, reason in blocked.items() if name not in ran and name in SUITES and SUITES[name].may_lack_program}


def _problems(results: Sequence[ResultRow], lacking: Mapping[str, str]) -> Iterator[str]:
    """A line for everything that is not as announced; empty when all is."""
    yield from _differences("flaky", FLAKY, {row.title for row in results if "flaky" in row.marks})
    yield from _differences("failing", FAILED, {row.title for row in results if row.status in BAD})
    counts = {name: Counter(row.status for row in results if row.suite == name) for name in SUITES}
    for name, suite in SUITES.items():
        if name not in lacking and counts[name] != suite.counts:
            yield f"{name} should have had {_words(suite.counts)}, and had {_words(counts[name])}"
    yield from (f"nobody knows a suite {name}" for name in sorted({row.suite for row in results} - set(SUITES)))


def _differences(what: str, expected: set[str], seen: set[str]) -> list[str]:
    missing = [f"{name} should have been {what} and was not" for name in sorted(expected - seen)]
    return missing + [f"{name} was {what} and should not have been" for name in sorted(seen - expected)]


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {status}" for status, number in counts.items()) or "nothing"


def _sum_up(run_id: str, problems: list[str], results: Sequence[ResultRow], lacking: Mapping[str, str]) -> None:
    blocked = [f"  blocked {name}: {reason}" for name, reason in lacking.items()]
    if problems:
        print("\nThe demo did not go as it should:", *(f"  {line}" for line in problems), *blocked, sep="\n")
        return
    ran = [row for row in results if row.suite not in lacking]
    frameworks = {suite.framework for name, suite in SUITES.items() if name not in lacking}
    print(f"\n{len(ran)} tests of {len(frameworks)} frameworks in one session, each a row of one history:")
    for name, suite in SUITES.items():
        print(f"  {name:<14} {suite.framework:<24} {'not on this machine' if name in lacking else _words(suite.counts)}")
    print("Exactly what the demo promises happened:")
    print(f"  flaky   {min(FLAKY)}: its page fails on the first visit, and a second attempt passed")
    print(f"  failed  {min(FAILED)}: the shop says 'from' and means 'above'")
    print(*blocked, sep="\n", end="\n" if blocked else "")
    artifacts = SHOP / ".maestro" / "artifacts" / run_id
    print(f"Evidence: {os.path.relpath(artifacts)}")
    print(f"History:  {os.path.relpath(STORE)}; look closer with: {_maestro()} show {run_id} --store {os.path.relpath(STORE)}")


if __name__ == "__main__":
    raise SystemExit(main())
