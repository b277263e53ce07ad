"""Journeys and drivers from Python, without a file."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric.adapters import SeleniumAdapter
from maestro_fabric.adapters.advanced_web_testing import AdvancedWebTester
from maestro_fabric.errors import ConfigError, PluginError
from support import wait_until_gone

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("engine", ["playwright", "selenium"])
def test_a_journey_is_true_when_it_passed_and_says_why_when_not(engine: Any, site_url: str, tmp_path: Path) -> None:
    tester = AdvancedWebTester(engine=engine, base_url=site_url, artifacts=tmp_path)
    begin = [{"action": "navigate", "url": "/"}, {"action": "type", "selector": "#email", "text": "ada"}]

    passed = asyncio.run(tester.run_user_journey([*begin, {"action": "expect", "selector": "#email", "value": "ada"}]))
    failed = asyncio.run(tester.run_user_journey([*begin, {"action": "click", "selector": "#never", "within": "30ms"}]))

    assert passed, str(passed)
    assert not failed
    assert "error: step 3: click css=#never" in str(failed)


def test_a_step_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ConfigError, match="step 1 has no action"):
        asyncio.run(AdvancedWebTester().run_user_journey([{"selector": "#a"}]))
    with pytest.raises(ConfigError, match="clik: Extra inputs are not permitted"):
        asyncio.run(AdvancedWebTester().run_user_journey([{"action": "clik", "selector": "#a"}]))


def test_a_driver_leaves_no_process_behind(tmp_path: Path) -> None:
    # A script that starts the browser, as Debian's: its child is left when only the script is ended.
    wrapper = tmp_path / "marked-browser"
    wrapper.write_text('#!/bin/sh -e\n/usr/bin/env MARKED_BY="$0" "${REAL_BROWSER}" "$@"\n')
    wrapper.chmod(0o755)
    from maestro_fabric.adapters.browser.find import find_browser

    found = find_browser("chromium", None, os.environ)
    assert found is not None
    os.environ["REAL_BROWSER"] = str(found.path)

    driver = SeleniumAdapter().create_driver(headless=True, executable=str(wrapper))
    driver.get("data:text/html,<title>t</title>")
    title = driver.title
    driver.quit()

    assert title == "t"
    wait_until_gone(str(wrapper))


def test_a_driver_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_DRIVER", "/no/such/driver")

    with pytest.raises(PluginError, match="/no/such/driver \\(from MAESTRO_DRIVER\\) is not there"):
        SeleniumAdapter().create_driver()
