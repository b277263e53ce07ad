"""What learning elements costs on the example shop's journeys, and what they cost once they are known; collecting 1,000 elements."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from paired import Claim, parse_options, publish

from maestro_fabric import compose
from maestro_fabric.adapters.browser.find import browser_help, find_browser
from maestro_fabric.adapters.browser.scripts import fingerprint_script
from maestro_fabric.adapters.selenium.drivers import driver_help, find_driver
from maestro_fabric.plan import select_cases
from maestro_fabric.ports import RunOptions

SHOP = Path(__file__).parents[1] / "examples" / "shop"
SUITES = {"Playwright": "buy", "Selenium": "second_engine"}
ARMS = ("off", "learnt", "pictured", "known")
CARDS = 91  # of eleven visible elements each
CARD = (
    '<li class="card product" data-testid="p{0}"><h2><a href="/products/{0}">Product {0}</a></h2><p>Some words about <b>it</b>.</p>'
    '<p class=price>{0}.50 EUR</p><form action="/basket"><input type=number name=q aria-label="Quantity of {0}">'
    "<label><input type=checkbox> Gift</label><button class=add>Add to basket</button></form></li>"
)
PAGE = f"<!doctype html><main><h1>All</h1><ul>{''.join(CARD.format(number) for number in range(CARDS))}</ul></main>"


@dataclass
class Times:
    """Seconds of each step, by arm and by case and place, of all rounds; how many elements were learnt in a round."""

    steps: dict[str, dict[tuple[str, int], list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    learnt: int = 0

    def total_s(self, arm: str) -> float:
        """The sum over all steps of their medians over the rounds: what disturbs one step of one round counts for nothing."""
        return sum(statistics.median(seconds) for seconds in self.steps[arm].values())


def main() -> int:
    """Run the journeys of both engines without healing, learning, learning with pictures, and known, in turning order."""
    options = parse_options(__doc__ or "", rounds=5)
    with tempfile.TemporaryDirectory() as name:
        claims = [claim for engine in SUITES for claim in _claims(engine, Path(name), options.rounds)]
    return publish([*claims, *_collecting(options.rounds)], options)


def _claims(engine: str, folder: Path, rounds: int) -> Iterator[Claim]:
    shop = Path(shutil.copytree(SHOP, folder / engine, ignore=shutil.ignore_patterns(".maestro", "node_modules", "__pycache__")))
    _run(shop, engine, "pictured", Times())
    shutil.copy(shop / ".maestro" / "pictured.db", shop / ".maestro" / "known.db")
    times = Times()
    for number in range(rounds):
        turn = number % len(ARMS)
        for arm in (*ARMS[turn:], *ARMS[:turn]):
            _run(shop, engine, arm, times)
        print(f"  {engine}, round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    off, steps = times.total_s("off"), len(times.steps["off"])
    detail = f"{times.learnt} elements of {steps} steps; without {off:.2f} s"
    learning = 1000 * (times.total_s("learnt") - off) / times.learnt
    pictured = 1000 * (times.total_s("pictured") - off) / times.learnt
    yield Claim(name=f"learning an element on the shop, {engine}", measured=learning, unit="ms a step", bound=3.0, detail=detail)
    yield Claim(name="the same with pictures, which only an element's first run takes", measured=pictured, unit="ms a step")
    known = 100 * (times.total_s("known") / off - 1)
    yield Claim(name=f"the shop's journeys while locators work, {engine}, against healing off", measured=known, unit="% more", bound=1.0)


def _run(shop: Path, engine: str, arm: str, times: Times) -> None:
    store = shop / ".maestro" / f"{arm}.db"
    if arm != "known":
        for file in store.parent.glob(f"{store.name}*"):
            file.unlink()
    if arm == "pictured":
        shutil.rmtree(shop / ".maestro" / "artifacts" / "looks", ignore_errors=True)
    settings = RunOptions(store=store, healing="off" if arm == "off" else "heal")
    prepared = compose.prepare(shop / "qa.yaml", environ=_environ(), options=settings)
    chosen = select_cases(prepared.plan, lambda case: case.id.suite == SUITES[engine] and "on_purpose" not in case.tags)
    result = compose.run(replace(prepared, plan=chosen), store=store)
    outcomes = {str(case.case.id): case.attempts[-1].outcome for case in result.cases}
    if any(case.status.is_bad for case in result.cases):
        raise SystemExit(f"{arm}: {[str(case.case.id) for case in result.cases if case.status.is_bad]} did not pass")
    for title, outcome in outcomes.items():
        for place, step in enumerate(outcome.steps):
            times.steps[arm][title, place].append(step.duration_s)
    if arm == "learnt":
        times.learnt = sum(len(outcome.learnt) for outcome in outcomes.values())


def _environ() -> Mapping[str, str]:
    environ = {name: value for name, value in os.environ.items() if name != "CI"}
    return environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _collecting(rounds: int) -> Iterator[Claim]:
    for engine, opened in (("Playwright", _playwright_page), ("Selenium", _selenium_page)):
        with opened() as ask:
            samples = [_timed(ask) for _ in range(max(3, rounds))]
        count = samples[0][1]
        measured = statistics.median(1000 * seconds * 1000 / count for seconds, _ in samples)
        yield Claim(name=f"collecting 1,000 elements, {engine}", measured=measured, unit="ms", bound=50.0, detail=f"{count} elements")


def _timed(ask: Any) -> tuple[float, int]:
    start = time.perf_counter()
    told = ask()
    return time.perf_counter() - start, len(json.loads(told))


@contextmanager
def _playwright_page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    browser = find_browser("chromium", None, os.environ)
    if browser is None:
        raise SystemExit(browser_help("chromium"))
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=str(browser.path), args=["--no-sandbox"]).new_page()
        page.set_content(PAGE)
        yield lambda: page.evaluate(fingerprint_script("collect"), "data-testid")


@contextmanager
def _selenium_page() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    browser, program = find_browser("chromium", None, os.environ), find_driver("chromium", None, os.environ)
    if browser is None or program is None:
        raise SystemExit(browser_help("chromium") if browser is None else driver_help("chromium"))
    options = webdriver.ChromeOptions()
    options.binary_location = str(browser.path)
    for argument in ("--headless", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(str(program.path)))
    try:
        driver.execute_script("document.documentElement.innerHTML = arguments[0]", PAGE)
        yield lambda: driver.execute_script(f"return ({fingerprint_script('collect')})(arguments[0])", "data-testid")
    finally:
        driver.quit()


if __name__ == "__main__":
    sys.exit(main())
