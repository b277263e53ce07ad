"""The example shop: its own unit tests, and its whole qa.yaml in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_fabric.aggregator import open_history
from maestro_fabric.aggregator.found import ResultRow

SHOP = Path(__file__).parents[2] / "examples" / "shop"
FLAKY = "browse::the deal of the day"
FAILING = "buy::delivery is free from 30 EUR"


def test_the_shops_unit_tests_pass() -> None:
    run = _python("-m", "pytest", str(SHOP), "-q", "-p", "no:cacheprovider", "-p", "no:randomly")

    assert run.returncode == 0, run.stdout


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the shop, so that its history is its own."""
    return Path(shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns(".maestro", "__pycache__")))


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(
    "way", [["-m", "pytest", "-n", "2", "-p", "no:randomly"], ["-m", "maestro_fabric", "run"]], ids=["pytest", "maestro"]
)
def test_one_case_is_flaky_and_one_fails_both_ways(shop: Path, browser_path: Path, way: list[str]) -> None:
    run = _python(*way, str(shop / "qa.yaml"), cwd=shop, MAESTRO_BROWSER=str(browser_path))

    with open_history(shop / ".maestro" / "history.db") as history:
        results = {_title(row): row for row in history.results(history.run().run_id)}
    assert {name for name, row in results.items() if row.status not in ("passed", "skipped")} == {FAILING}, run.stdout
    assert {name for name, row in results.items() if "flaky" in row.marks} == {FLAKY}
    assert {name for name, row in results.items() if row.status == "skipped"} == {"browse::the shop speaks French", "browse::pay by card"}
    assert results["browse::the shop speaks French"].marks == ("xfailed",)
    assert run.returncode == 1


@pytest.mark.browser
def test_without_the_case_that_fails_on_purpose_the_shop_is_green(shop: Path, browser_path: Path) -> None:
    run = _python("-m", "pytest", "qa.yaml", "-m", "checkout and not on_purpose", "-q", cwd=shop, MAESTRO_BROWSER=str(browser_path))

    assert run.returncode == 0, run.stdout


@pytest.mark.browser
def test_a_node_id_with_a_parameter_chooses_one_case(shop: Path, browser_path: Path) -> None:
    run = _python("-m", "pytest", "qa.yaml::buy::buy one item[tea-express]", "-q", cwd=shop, MAESTRO_BROWSER=str(browser_path))

    assert "1 passed" in run.stdout, run.stdout


@pytest.mark.browser
def test_the_smallest_example_runs(tmp_path: Path, browser_path: Path) -> None:
    folder = shutil.copytree(SHOP.parent / "smallest", tmp_path / "smallest", ignore=shutil.ignore_patterns(".maestro"))

    run = _python("-m", "pytest", "qa.yaml", cwd=Path(folder), MAESTRO_BROWSER=str(browser_path))

    assert "1 passed" in run.stdout, run.stdout


def _title(row: ResultRow) -> str:
    return f"{row.suite}::{row.name}[{row.params}]" if row.params else f"{row.suite}::{row.name}"


def _python(*arguments: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    # Services are started by the name `python`; that must be the one with the shop's requirements.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MAESTRO_", "SHOP_"))}
    environment = own | {"PATH": path, **environ}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
