"""Run the example shop's qa.yaml as a user would, and check that exactly two things went wrong: the two that should.

``make demo`` calls this. Exit status 0 means: one case was flaky, one failed, each as announced, and nothing else.
"""

import os
import subprocess
import sys
from pathlib import Path

from maestro_fabric.aggregator import open_history
from maestro_fabric.aggregator.found import ResultRow

SHOP = Path(__file__).resolve().parent
STORE = SHOP / ".maestro" / "history.db"
FLAKY = {"browse::the deal of the day"}
FAILED = {"buy::delivery is free from 30 EUR"}
BAD = {"failed", "error", "blocked"}


def main() -> int:
    environ = _environ()
    before = _newest_run()
    _show("pytest examples/shop/qa.yaml -n 2")
    subprocess.run([sys.executable, "-m", "pytest", str(SHOP / "qa.yaml"), "-n", "2", *sys.argv[1:]], env=environ, check=False)  # noqa: S603 - our own command
    run_id = _newest_run()
    if run_id == before:
        print("\nThe demo did not go as it should: pytest recorded no run.")
        return 1
    _show("maestro runs")
    subprocess.run([sys.executable, "-m", "maestro_fabric", "runs", "--store", str(STORE)], env=environ, check=False)  # noqa: S603 - ours, too
    with open_history(STORE) as history:
        results = history.results(run_id)
    flaky = {_title(result) for result in results if "flaky" in result.marks}
    failed = {_title(result) for result in results if result.status in BAD}
    problems = [*_differences("flaky", FLAKY, flaky), *_differences("failing", FAILED, failed)]
    _sum_up(run_id, problems, len(results))
    return 1 if problems else 0


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


def _title(result: ResultRow) -> str:
    return f"{result.suite}::{result.name}[{result.params}]" if result.params else f"{result.suite}::{result.name}"


def _differences(what: str, expected: set[str], seen: set[str]) -> list[str]:
    missing = [f"{name} should have been {what} and was not" for name in sorted(expected - seen)]
    return missing + [f"{name} was {what} and should not have been" for name in sorted(seen - expected)]


def _sum_up(run_id: str, problems: list[str], count: int) -> None:
    if problems:
        print("\nThe demo did not go as it should:", *problems, sep="\n  ")
        return
    print(f"\n{count} cases; exactly what the demo promises happened:")
    print(f"  flaky   {min(FLAKY)}: its page fails on the first visit, and a second attempt passed")
    print(f"  failed  {min(FAILED)}: the shop says 'from' and means 'above'")
    artifacts = SHOP / ".maestro" / "artifacts" / run_id
    print(f"Evidence: {os.path.relpath(artifacts)}")
    print(f"History:  {os.path.relpath(STORE)}; look closer with: maestro show {run_id} --store {os.path.relpath(STORE)}")


if __name__ == "__main__":
    raise SystemExit(main())
