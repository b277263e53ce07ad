"""The example shop's journeys, learnt on its old pages and run on its new ones: the end of ``make demo``, all of it on Selenium.

The test of the demo runs the same on Playwright.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_fabric.aggregator.heals import heal_rows
from support import copy_of_the_shop, environ_of_a_user

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_what_makes_sense_goes_on_what_is_gone_fails_and_what_is_expected_is_never_healed(tmp_path: Path, browser_path: Path) -> None:
    shop = copy_of_the_shop(tmp_path / "shop")
    file = shop / "qa.yaml"
    file.write_text(file.read_text().replace("adapter: playwright", "adapter: selenium"))
    environ = environ_of_a_user(MAESTRO_BROWSER=str(browser_path))
    chosen = ["-k", "wrong password", "-k", "emptying", "-k", "present is wrapped", "-k", "tea-express"]
    learning = [sys.executable, "-m", "maestro_fabric", "run", "qa.yaml", "--suite", "buy", "--suite", "second_engine", *chosen]
    learnt = subprocess.run(learning, cwd=shop, env=environ, capture_output=True, text=True, check=False)
    assert learnt.returncode == 0, learnt.stdout + learnt.stderr

    shown = subprocess.run([sys.executable, "redesign_demo.py"], cwd=shop, env=environ, capture_output=True, text=True, check=False)

    assert shown.returncode == 0, shown.stdout + shown.stderr
    answers = {
        (row.case.title, row.old): (row.action, row.new and json.loads(row.new))
        for row in heal_rows(shop / ".maestro" / "redesign.db")
        if row.case.suite == "buy"
    }
    assert answers["a present is wrapped", '{"css":"#gift"}'] == ("abstain", "")
    assert answers["a present is wrapped", '{"css":"#checkout"}'] == ("heal", {"role": "link", "name": "Go to checkout"})
    assert answers["buy one item[tea-express]", '{"label":"Delivery"}'] == ("heal", {"role": "combobox", "name": "Shipping"})
    assert answers["a wrong password is refused", '{"css":"#login"}'] == ("heal", {"role": "button", "name": "Sign in"})
    (page,) = (shop / ".maestro" / "artifacts").glob("*/heals.html")
    assert page.read_text().count("data:image/jpeg") >= 6
    assert "--store .maestro/redesign.db" in page.read_text()
