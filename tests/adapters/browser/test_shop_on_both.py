"""The example shop's browser cases have the same outcomes on Playwright and on Selenium."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from maestro_fabric.aggregator import open_history
from support import copy_of_the_shop, environ_of_a_user

# A `call` step's function gets the engine's own page, so this one is written for Selenium's driver.
PRICES_AGREE = """
import json, urllib.request

def prices_agree(page, variables, *, rows):
    cells = [row.find_elements("css selector", "td") for row in page.find_elements("css selector", rows)]
    with urllib.request.urlopen(variables["services"]["shop"] + "/api/products") as answer:
        offered = {product["name"]: product["price"] for product in json.load(answer)["products"]}
    assert {one[0].text: one[2].text for one in cells} == offered
    return len(cells)
"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _start(folder: Path, browser: Path, adapter: str) -> subprocess.Popen[str]:
    """The shop's browser suites as a run of their own, in a folder named by the adapter."""
    shop = copy_of_the_shop(folder / adapter)
    for file in (shop / "qa.yaml", shop / "more" / "office.yaml"):
        file.write_text(file.read_text().replace("adapter: playwright", f"adapter: {adapter}"))
    if adapter == "selenium":
        (shop / "checks.py").write_text(PRICES_AGREE)
    return subprocess.Popen(
        [sys.executable, "-m", "maestro_fabric", "run", "qa.yaml", "--suite", "browse", "--suite", "buy", "--suite", "office"],
        cwd=shop, env=environ_of_a_user(MAESTRO_BROWSER=str(browser)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _outcomes(folder: Path, run: subprocess.Popen[str]) -> dict[str, tuple[str, str]]:
    """Status and marks by the case's title."""
    output = run.communicate(timeout=120)[0]
    assert run.returncode == 1, output
    with open_history(folder / ".maestro" / "history.db") as history:
        rows = history.results(history.run().run_id)
    return {f"{row.suite}::{row.name}[{row.params}]": (row.status, ",".join(row.marks)) for row in rows if row.suite != "unit"}


def test_each_case_of_the_shop_ends_alike_on_both(tmp_path: Path, browser_path: Path) -> None:
    runs = {adapter: _start(tmp_path, browser_path, adapter) for adapter in ("playwright", "selenium")}
    on_playwright, on_selenium = (_outcomes(tmp_path / adapter, run) for adapter, run in runs.items())

    assert len(on_playwright) > 30
    assert on_selenium == on_playwright
