"""Tests in Python, written for one release of a page and run against the next one, with Playwright and with Selenium."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from maestro_fabric import compose
from maestro_fabric.aggregator.heals import HealRow, heal_rows, remembered
from maestro_fabric.cli import main
from maestro_fabric.model import Mark
from support import STRANGERS, WITHOUT_STRANGERS

pytestmark = pytest.mark.browser

CONFTEST = """
import os, pytest

OLD = '''<main><h1>Tea</h1><form id=f><label>Search <input id=q></label><button id=go type=button>Find</button></form>
<button id=buy onclick="out.textContent='bought'">Add to basket</button><button id=wish>Remember for later</button>
<button id=del>Delete account</button><select id=size name=size><option>small<option>big</select><output id=out></output></main>'''
NEW = '''<header><h1>Tea</h1></header><main><div><form><label>Search <input class=x></label>
<div><button type=button class=go>Find</button></div></form></div><section><button class=b
onclick="out.textContent='bought'">Add to your basket</button></section><button class=d>Delete account</button>
<select class=s name=size><option>small<option>big</select><output id=out></output></main>'''

@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": os.environ["MAESTRO_BROWSER"], "args": ["--no-sandbox"]}

@pytest.fixture
def html():
    return OLD if os.environ["RELEASE"] == "old" else NEW
"""
PLAYWRIGHT = """
import pytest
from playwright.sync_api import Locator, Page, expect

BUY = "#buy"

@pytest.fixture
def shop(maestro_page: Page, html: str) -> Page:
    maestro_page.set_default_timeout(400)
    maestro_page.set_content(html)
    return maestro_page

def test_buys(shop):
    form = shop.locator("#f")
    assert isinstance(form, Locator) and form.page.title() == "" and shop.url == "about:blank"
    form.locator("#q").first.fill("tea")
    shop.locator(BUY).click()   # the big one
    expect(shop.locator("output").and_(shop.locator("#out"))).to_have_text("bought")
    expect(shop).to_have_title("")

def test_wishes(shop):
    shop.locator("#wish").click()

def test_deletes(shop):
    shop.locator("#del").click()

def test_expects(shop):
    expect(shop.locator("#buy")).to_be_visible(timeout=300)

def test_reads(shop):
    assert shop.locator("#buy").inner_text() and shop.locator("#buy").count()

def test_tries_out(shop):
    shop.locator("#buy").click(trial=True)

def test_cleans_up(request, shop):
    request.addfinalizer(lambda: shop.locator("#buy").click())

def test_wrapped(page, html):
    page.set_default_timeout(400)
    page.set_content(html)
    if page.locator("#buy").count():
        page.click("#buy", trial=True)
    page.click("#buy", strict=True)
"""
SELENIUM = """
import pytest
from selenium.common.exceptions import NoSuchElementException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support import expected_conditions as EC
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

@pytest.fixture(scope="module")
def driver():
    from maestro_fabric.adapters import SeleniumAdapter
    driver = SeleniumAdapter().create_driver()
    yield driver
    driver.quit()

@pytest.fixture
def shop(maestro_driver: WebDriver, html: str) -> WebDriver:
    assert isinstance(maestro_driver, WebDriver)
    maestro_driver.get("data:text/html," + html)
    return maestro_driver

def test_buys(shop):
    shop.find_element(By.ID, "q").send_keys("tea")
    WebDriverWait(shop, 1, 0.2).until(EC.element_to_be_clickable((By.ID, "buy"))).click()
    assert shop.find_element(By.ID, "out").text == "bought"
    with pytest.raises(NoSuchElementException):
        shop.find_element(By.ID, "gone")

def test_selects(shop):
    Select(shop.find_element(By.CSS_SELECTOR, "#size")).select_by_visible_text("big")

def test_hovers(shop):
    ActionChains(shop).move_to_element(shop.find_element(By.CSS_SELECTOR, "#buy")).perform()
    shop.find_element(By.CSS_SELECTOR, "main").find_element(By.TAG_NAME, "button").click()

def test_reads(shop):
    assert shop.find_element(By.ID, "buy").text

def test_clicks_and_reads(shop):
    button = shop.find_element(By.ID, "wish")
    button.click()
    assert button.text == "Remember for later"

def test_waits(shop):
    WebDriverWait(shop, 0.3, 0.1).until(EC.presence_of_element_located((By.ID, "buy")))

def test_counts(shop):
    assert len(shop.find_elements(By.ID, "buy")) == 1
"""
QA = """
version: 1
project: shop
policies: {again: {retry: {times: 1, on: [error]}}}
suites:
  - name: web
    adapter: pytest
    policy: again
    paths: [test_policy.py]
"""
POLICY = """
def test_buys(maestro_page, html):
    maestro_page.set_default_timeout(300)
    maestro_page.set_content(html)
    maestro_page.get_by_role("button", name="Add to basket").click()

def test_wishes(maestro_page, html):
    maestro_page.set_default_timeout(300)
    maestro_page.set_content(html)
    maestro_page.locator("#wish").click()
"""


@dataclass(frozen=True)
class Shop:
    folder: Path
    environ: Mapping[str, str]

    @property
    def store(self) -> Path:
        return self.folder / ".maestro" / "history.db"

    def run(self, release: str, *arguments: str) -> str:
        command = [sys.executable, "-m", "pytest", "-q", "-rA", "--no-header", *arguments]
        finished = subprocess.run(
            command, cwd=self.folder, env={**self.environ, "RELEASE": release}, capture_output=True, text=True, check=False
        )
        return finished.stdout + finished.stderr

    @property
    def heals(self) -> dict[str, list[HealRow]]:
        """The last run's, by case."""
        found: dict[str, list[HealRow]] = {}
        for row in reversed(heal_rows(self.store, where="run.run_id = (SELECT run_id FROM run ORDER BY id DESC LIMIT 1)")):
            found.setdefault(row.case.name, []).append(row)
        return found


def passed(output: str) -> set[str]:
    return set(re.findall(r"^PASSED (?:\S*/)?(\S+?)(?:\[chromium\])?$", output, re.MULTILINE))


def make_shop(folder: Path, browser_path: Path) -> Shop:
    """A folder with the tests."""
    files = {"conftest.py": CONFTEST, "test_pw.py": PLAYWRIGHT, "test_selenium.py": SELENIUM, "qa.yaml": QA, "test_policy.py": POLICY}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmaestro_store = .maestro/history.db\nmaestro_wrap = true\n", encoding="utf-8")
    without = " ".join(f"-p no:{name}" for name in STRANGERS if name != "playwright")
    environ = {name: value for name, value in os.environ.items() if name != "CI"}
    return Shop(folder, environ | {"PYTEST_ADDOPTS": without, "MAESTRO_BROWSER": str(browser_path)})


@pytest.fixture(scope="module")
def shop(browser_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Tests that have passed on the old page, and were recorded."""
    made = make_shop(tmp_path_factory.mktemp("shop"), browser_path)
    output = made.run("old", "test_pw.py", "test_selenium.py")
    assert "15 passed" in output, output
    return made


@pytest.fixture(scope="module")
def redesigned(shop: Shop) -> tuple[Shop, str, dict[str, list[HealRow]]]:
    """The same tests on the new page: what pytest said, and what the healer answered."""
    output = shop.run("new", "test_pw.py", "test_selenium.py")
    return shop, output, shop.heals


Redesigned = tuple[Shop, str, dict[str, list[HealRow]]]


def test_tests_that_make_sense_go_on_and_the_others_say_so(redesigned: Redesigned) -> None:
    _, output, heals = redesigned

    assert passed(output) == {
        "test_pw.py::test_buys",
        "test_pw.py::test_wrapped",
        "test_pw.py::test_cleans_up",
        "test_selenium.py::test_buys",
    }
    assert {name: [row.action for row in rows] for name, rows in heals.items()} == {
        "test_pw.test_buys": ["heal", "heal"],
        "test_pw.test_wishes": ["abstain"],
        "test_pw.test_deletes": ["propose"],
        "test_pw.test_wrapped": ["heal"],
        "test_selenium.test_buys": ["heal", "heal"],
        "test_selenium.test_selects": ["propose"],
        "test_selenium.test_hovers": ["propose"],
        "test_selenium.test_clicks_and_reads": ["abstain"],
    }


def test_what_is_read_counted_awaited_or_expected_is_never_looked_for_elsewhere(redesigned: Redesigned) -> None:
    _, output, heals = redesigned
    names = {name.rpartition(".")[2] for name in heals}

    assert not names & {"test_expects", "test_reads", "test_tries_out", "test_waits", "test_counts", "test_cleans_up"}
    assert len(re.findall(r"^FAILED test_\S+::test_(?:expects|reads|tries_out|waits|counts)\b", output, re.MULTILINE)) == 6


def test_new_locators_are_written_as_the_library_writes_them(redesigned: Redesigned) -> None:
    _, _, heals = redesigned
    new = {name: [json.loads(row.new)["python"] for row in rows if row.new] for name, rows in heals.items()}

    assert new["test_pw.test_buys"] == ['get_by_role("textbox", name="Search")', 'get_by_role("button", name="Add to your basket")']
    assert new["test_selenium.test_buys"][:2] == [
        "find_element(By.XPATH, \"//label[normalize-space()='Search']//input\")",
        "find_element(By.XPATH, \"//button[normalize-space()='Add to your basket']\")",
    ]
    assert json.loads(heals["test_pw.test_buys"][0].old) == {"python": 'locator("#f").locator("#q").first'}


def test_the_closing_section_names_the_line_and_the_mark(redesigned: Redesigned) -> None:
    shop, output, heals = redesigned
    line = PLAYWRIGHT.splitlines().index("    shop.locator(BUY).click()   # the big one") + 1

    assert "marks: 3 healed" in output
    assert f'test_buys[chromium], step 2 (test_pw.py:{line}): click locator("#buy")' in output
    assert 'healed to get_by_role("button", name="Add to your basket"), confidence 9' in output
    row = heals["test_pw.test_buys"][1]
    pictures = [Path(row.evidence) / row.run_id / artifact["path"] for artifact in row.artifacts]
    assert [picture.name for picture in pictures] == ["heal-2-before.jpg", "heal-2-found.jpg"]
    assert all(picture.read_bytes().startswith(b"\xff\xd8") for picture in pictures)
    assert shop.store.parent / "artifacts" == Path(row.evidence)


def test_an_error_says_what_the_healer_said(redesigned: Redesigned) -> None:
    _, output, _ = redesigned

    assert 'healing proposes get_by_role("button", name="Delete account"): the best match may be destructive (\'delete\')' in output
    assert "not healed: " in output
    assert "TimeoutError: Locator.click: Timeout 400ms exceeded." in output
    assert "the run's budget of heals is used up" in output


def test_only_what_passed_is_learnt(redesigned: Redesigned) -> None:
    shop, _, _ = redesigned
    known = {(one.case.name, one.locator) for one in remembered(shop.store, shop.folder.name)}

    assert ("test_pw.test_wishes", '{"python":"locator(\\"#wish\\")"}') in known
    assert not any("inner_text" in locator or name.endswith(("test_reads", "test_waits", "test_counts")) for name, locator in known)


def test_a_patch_makes_the_tests_pass_without_healing(redesigned: Redesigned, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, _, heals = redesigned
    monkeypatch.chdir(shop.folder)
    bought = [str(row.id) for row in (heals["test_pw.test_buys"][1], *heals["test_selenium.test_buys"][:2])]

    diff = CliRunner().invoke(main, ["heal", "apply", "--store", str(shop.store), *bought])
    assert '-BUY = "#buy"\n+BUY = \'role=button[name="Add to your basket"]\'\n' in diff.output
    assert (shop.folder / "test_pw.py").read_text() == PLAYWRIGHT
    first = CliRunner().invoke(main, ["heal", "apply", "--store", str(shop.store), str(heals["test_pw.test_buys"][0].id)])
    assert "only a part of the locator stands there" in first.output + first.stderr

    done = CliRunner().invoke(main, ["heal", "apply", "--yes", "--store", str(shop.store), *bought])
    assert "3 written" in done.output
    output = shop.run("new", "test_pw.py", "test_selenium.py", "-k", "test_buys or wrapped", "--maestro-fail-on-heal", "-n0")

    assert {name: len(rows) for name, rows in shop.heals.items()} == {"test_pw.test_buys": 1, "test_pw.test_wrapped": 1}
    assert "everything passed, but on healed locators, which --maestro-fail-on-heal does not allow" in output
    assert passed(output) == {"test_selenium.py::test_buys"}
    assert "2 failed, 1 passed" in output


def test_a_config_heals_tests_in_python_whoever_runs_them(browser_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(tmp_path, browser_path)
    monkeypatch.chdir(shop.folder)
    for name, value in {**shop.environ, "RELEASE": "new"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CI", raising=False)
    known = shop.run("old", "--maestro-config=qa.yaml")
    assert "2 passed" in known, known

    by_pytest = shop.run("new", "--maestro-config=qa.yaml", "-n1")
    one = shop.heals
    result = compose.run(compose.prepare(shop.folder / "qa.yaml", environ=os.environ))
    other = shop.heals

    assert passed(by_pytest) == {"test_policy.py::test_buys"}
    assert "RERUN" not in by_pytest  # no retry follows an answer of the healer
    assert {name: [row.action for row in rows] for name, rows in one.items()} == {
        "test_policy.test_buys": ["heal"],
        "test_policy.test_wishes": ["abstain"],
    }
    assert {name: [(row.action, row.old, row.new, row.location) for row in rows] for name, rows in other.items()} == {
        name: [(row.action, row.old, row.new, row.location) for row in rows] for name, rows in one.items()
    }
    assert {case.case.id.name: (str(case.status), case.marks, len(case.attempts)) for case in result.cases} == {
        "test_policy.test_buys": ("passed", {Mark.HEALED}, 1),
        "test_policy.test_wishes": ("error", frozenset(), 1),
    }


PLAIN = """
import pytest

@pytest.fixture
def page():
    return "a page"

@pytest.fixture
def driver():
    return "a driver"

def test_both(maestro_page, page, maestro_driver):
    assert maestro_page is page
    assert maestro_driver == "a driver"
"""


@pytest.fixture(scope="module")
def driver_path(browser_path: Path) -> Path:
    """Found before pytester takes the home folder away."""
    from maestro_fabric.adapters.selenium.drivers import find_driver

    found = find_driver("chromium", None, os.environ, browser=browser_path)
    assert found is not None
    return Path(found.path)


@pytest.fixture
def plain(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A pytest without other plugins."""
    monkeypatch.setenv("PYTEST_ADDOPTS", WITHOUT_STRANGERS)  # pytester has taken it away
    return pytester


def test_without_a_history_page_and_driver_are_those_that_were_given(plain: pytest.Pytester) -> None:
    plain.makepyfile(PLAIN)

    plain.runpytest_inprocess().assert_outcomes(passed=1)


def test_with_healing_off_they_are_too(plain: pytest.Pytester) -> None:
    plain.makepyfile(PLAIN)

    result = plain.runpytest_inprocess("--maestro-store=h.db", "--maestro-healing=off")

    result.assert_outcomes(passed=1)


def test_without_a_page_one_line_says_what_brings_one(plain: pytest.Pytester) -> None:
    plain.makepyfile("def test_one(maestro_page): pass")

    result = plain.runpytest_inprocess()

    result.stdout.fnmatch_lines(["*`page` comes with pytest-playwright: pip install pytest-playwright", "*fixture 'page' not found"])


def test_there_must_be_a_page_to_wrap(plain: pytest.Pytester) -> None:
    plain.makeini("[pytest]\nmaestro_wrap = true\n")

    result = plain.runpytest_inprocess("--maestro-store=h.db")

    result.stderr.fnmatch_lines(["*maestro_wrap wraps pytest-playwright's page, which is not installed: pip install pytest-playwright"])


def test_a_driver_is_found_and_ended(
    browser_path: Path, driver_path: Path, plain: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTRO_BROWSER", str(browser_path))
    monkeypatch.setenv("MAESTRO_DRIVER", str(driver_path))
    plain.makepyfile(
        """
        def test_one(maestro_driver):
            maestro_driver.get('data:text/html,<title>tea</title>')
            assert maestro_driver.title == 'tea'
        """
    )

    plain.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_driver_that_cannot_be_had_is_named(plain: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_DRIVER", "/nowhere/chromedriver")
    plain.makepyfile("def test_one(maestro_driver): pass")

    result = plain.runpytest_inprocess()

    result.stdout.fnmatch_lines(["maestro_driver: /nowhere/chromedriver *"])
