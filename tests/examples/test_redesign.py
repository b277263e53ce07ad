"""The example shop's journeys, learnt on its old pages and run on its new ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_fabric.aggregator import open_history
from maestro_fabric.aggregator.heals import heal_rows

SHOP = Path(__file__).parents[2] / "examples" / "shop"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def run(shop: Path, browser: Path, ui: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Status and marks by case."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MAESTRO_", "SHOP_")) and name != "CI"}
    environ |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "MAESTRO_BROWSER": str(browser), "SHOP_UI": ui}
    chosen = ["-k", "wrong password", "-k", "products[tea]", "-k", "present is wrapped"]
    command = [sys.executable, "-m", "maestro_fabric", "run", "qa.yaml", "--suite", "browse", "--suite", "buy", *chosen]
    done = subprocess.run(command, cwd=shop, env=environ, capture_output=True, text=True, check=False)
    with open_history(shop / ".maestro" / "history.db") as history:
        rows = history.results(history.run().run_id)
    assert rows, done.stdout + done.stderr
    return {row.title.partition("::")[2]: (row.status, tuple(row.marks)) for row in rows}


def test_what_makes_sense_goes_on_what_is_gone_fails_and_what_is_expected_is_never_healed(tmp_path: Path, browser_path: Path) -> None:
    shop = Path(shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns(".maestro", "__pycache__")))
    file = shop / "qa.yaml"
    file.write_text(file.read_text().replace("within: 5s", "within: 2s"))
    assert {status for status, _ in run(shop, browser_path, "v1").values()} == {"passed"}

    assert run(shop, browser_path, "v2") == {
        "search finds products[tea]": ("failed", ()),
        "a present is wrapped": ("error", ()),
        "a wrong password is refused": ("passed", ("healed",)),
    }
    answers = {
        (row.case.title, row.old): (row.action, row.new and json.loads(row.new)) for row in heal_rows(shop / ".maestro" / "history.db")
    }
    login, sign_in = '{"css":"#login"}', {"role": "button", "name": "Sign in"}
    assert answers == {
        ("search finds products[tea]", '{"placeholder":"Search"}'): ("heal", {"role": "searchbox", "name": "Find tea and more"}),
        ("a present is wrapped", login): ("heal", sign_in),
        ("a present is wrapped", '{"css":"#add-to-basket"}'): ("abstain", ""),
        ("a wrong password is refused", login): ("heal", sign_in),
    }
