"""The example shop: its whole qa.yaml, six frameworks in one session, as `make demo` runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_fabric.aggregator import open_history
from maestro_fabric.aggregator.found import ResultRow
from support import SHOP, copy_of_the_shop, environ_of_a_user

FLAKY = "browse::the deal of the day"
FAILING = "buy::delivery is free from 30 EUR"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the shop, so that its history is its own."""
    return _copy(tmp_path / "shop")


@pytest.mark.browser
@pytest.mark.needs_node
@pytest.mark.slow
def test_the_demo_goes_as_announced_and_workers_without_pytest_give_the_same(
    tmp_path: Path, browser_path: Path, node_packages: Path
) -> None:
    demo, workers = (_copy(tmp_path / name, node_packages) for name in ("demo", "workers"))

    in_pytest = _python("demo.py", cwd=demo, MAESTRO_BROWSER=str(browser_path))
    # That its other journeys end alike is seen in tests/adapters/browser/test_shop_on_both.py.
    suites = ("unit", "widgets", "operations", "features", "browse", "second_engine")
    chosen = [argument for suite in suites for argument in ("--suite", suite)]
    run = ["-m", "maestro_fabric", "run", "qa.yaml", "--workers", "2", *chosen]
    on_workers = _python(*run, cwd=workers, MAESTRO_BROWSER=str(browser_path))

    assert in_pytest.returncode == 0, in_pytest.stdout
    assert "144 tests of 6 frameworks in one session" in in_pytest.stdout
    assert on_workers.returncode == 0, on_workers.stdout
    results = _results(demo)
    assert {name for name, row in results.items() if row.status not in ("passed", "skipped")} == {FAILING}
    assert {name for name, row in results.items() if "flaky" in row.marks} == {FLAKY}
    assert results["browse::the shop speaks French"].marks == ("xfailed",)
    assert "widgets::wishes.test.mjs > sorting wishes by hand > dropped on itself or on nothing, nothing changes" in results
    assert {name: (row.status, row.marks) for name, row in _results(workers).items()} == {
        name: (row.status, row.marks) for name, row in results.items() if row.suite in suites
    }


@pytest.mark.needs_playwright
def test_without_node_one_suite_is_blocked_and_the_others_run(shop: Path, browser_path: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in ("sh", "grep", "cmp"):
        (programs / program).symlink_to(shutil.which(program) or pytest.fail(f"{program} is not installed"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{programs}"

    run = _python("demo.py", "-k", "widgets or operations", cwd=shop, PATH=path, MAESTRO_BROWSER=str(browser_path))

    assert "blocked widgets: Jest needs Node, and none was found: install Node 20 or newer" in run.stdout
    assert "unit should have had 71 passed, and had nothing" in run.stdout
    assert "widgets should" not in run.stdout
    assert "operations should" not in run.stdout
    assert {name: row.status for name, row in _results(shop).items()} == {
        "widgets::jest": "blocked",
        "operations::healthy": "passed",
        "operations::files-of-both-designs": "passed",
        "operations::taken-port": "passed",
    }


@pytest.mark.browser
def test_what_failed_can_be_run_alone(shop: Path, browser_path: Path) -> None:
    chosen = _python("-m", "pytest", "qa.yaml", "-k", "(buy and free) or stranger", "-q", cwd=shop, MAESTRO_BROWSER=str(browser_path))
    again = _python("-m", "pytest", "qa.yaml", "--lf", "-q", cwd=shop, MAESTRO_BROWSER=str(browser_path))

    # Three unit tests have that word in their names, too.
    assert "1 failed, 4 passed" in chosen.stdout, chosen.stdout
    assert "1 failed, 131 deselected" in again.stdout, again.stdout


@pytest.mark.browser
def test_the_smallest_example_runs(tmp_path: Path, browser_path: Path) -> None:
    folder = shutil.copytree(SHOP.parent / "smallest", tmp_path / "smallest", ignore=shutil.ignore_patterns(".maestro"))

    run = _python("-m", "pytest", "qa.yaml", cwd=Path(folder), MAESTRO_BROWSER=str(browser_path))

    assert "1 passed" in run.stdout, run.stdout


def _copy(folder: Path, node_packages: Path | None = None) -> Path:
    """The shop at another place, with the Node packages that the tests of this project have."""
    copy_of_the_shop(folder)
    if node_packages is not None:
        (folder / "web" / "node_modules").symlink_to(node_packages / "node_modules")
    return folder


def _results(shop: Path) -> dict[str, ResultRow]:
    """The results of the shop's newest run by their titles."""
    with open_history(shop / ".maestro" / "history.db") as history:
        return {row.title: row for row in history.results(history.run().run_id)}


def _python(*arguments: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    # Services are started by the name `python`; that must be the one with the shop's requirements.
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environ_of_a_user(**environ), capture_output=True, text=True, check=False
    )
