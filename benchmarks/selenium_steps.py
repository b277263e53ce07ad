"""A YAML journey of eight steps on Selenium against the same journey written by hand with Selenium and pytest, 30 cases, wall clock."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from by_hand import OURS, arms_of, serve, show_walls
from journey import YAML, Shop
from paired import Arm, Claim, measure, parse_options, publish, ratio

from maestro_fabric.adapters.browser.find import browser_help, find_browser
from maestro_fabric.adapters.selenium.drivers import driver_help, find_driver

TEST = """import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as ec
from selenium.webdriver.support.wait import WebDriverWait


@pytest.fixture(scope="session")
def driver():
    options = webdriver.ChromeOptions()
    options.binary_location = "{browser}"
    for argument in ("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,720"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service("{driver}"))
    yield driver
    driver.quit()


@pytest.mark.parametrize("item", [{items}])
def test_buy(driver, item):
    wait = WebDriverWait(driver, 5, poll_frequency=0.05)
    driver.delete_all_cookies()
    driver.get("{url}/")
    field = wait.until(ec.visibility_of_element_located((By.ID, "q")))
    field.clear()
    field.send_keys(item)
    wait.until(ec.element_to_be_clickable((By.XPATH, "//button[text()='Find']"))).click()
    wait.until(ec.text_to_be_present_in_element((By.CSS_SELECTOR, "#found li"), item))
    wait.until(ec.element_to_be_clickable((By.CSS_SELECTOR, ".add"))).click()
    wait.until(ec.text_to_be_present_in_element((By.CSS_SELECTOR, "#basket"), "1 item"))
    wait.until(ec.element_to_be_clickable((By.ID, "buy"))).click()
    wait.until(ec.text_to_be_present_in_element((By.ID, "thanks"), "Thank you for buying " + item))
"""


def main() -> int:
    """Run both against one small server in this process."""
    options = parse_options(__doc__ or "")
    cases = 3 if options.quick else 30
    with tempfile.TemporaryDirectory() as name, serve(Shop) as url:
        samples = measure(_arms(Path(name), url, cases), rounds=options.rounds)
    claim = Claim(
        name="a YAML journey of 8 steps on Selenium, 30 cases, wall clock against a Selenium script by hand",
        measured=ratio(samples[OURS], samples["by hand"], "wall_s"),
        unit="×",
        bound=1.1,
        detail=show_walls(samples),
    )
    return publish([claim], options)


def _arms(folder: Path, url: str, cases: int) -> list[Arm]:
    browser, driver = find_browser("chromium", None, os.environ), find_driver("chromium", None, os.environ)
    if browser is None or driver is None:
        raise SystemExit(browser_help("chromium") if browser is None else driver_help("chromium"))
    yaml = YAML.replace("adapter: playwright", "adapter: selenium").format(url=url, browser=browser.path, items="{items}")
    test = TEST.format(url=url, browser=browser.path, driver=driver.path, items="{items}")
    environ = {"SE_OFFLINE": "true", "MAESTRO_DRIVER": str(driver.path)}
    return arms_of(folder, "by hand", yaml, test, cases=cases, environ=environ)


if __name__ == "__main__":
    sys.exit(main())
