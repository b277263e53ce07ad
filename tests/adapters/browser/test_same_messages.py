"""What a step that does not pass says is the same on Playwright and on Selenium, word for word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from maestro_fabric.adapters.playwright.adapter import PlaywrightAdapter
from maestro_fabric.adapters.selenium.adapter import SeleniumAdapter

pytestmark = pytest.mark.browser

STEPS: list[dict[str, Any]] = [
    {"click": {"role": "button", "name": "Add to baskt"}},
    {"click": ".many"},
    {"click": {"css": "#x", "frame": "#inner"}},
    {"click": "#off"},
    {"click": "#hidden"},
    {"check": "#buy"},
    {"fill": {"css": "#total", "value": "x"}},
    {"wait_for": {"css": "#buy", "state": "hidden"}},
    {"wait_for": {"url": "/second"}},
    {"switch_tab": {"url": "/second"}},
    {"open": {"url": "/never", "within": "150ms"}},
    {"open": "http://127.0.0.1:2/"},
    {"run_js": "nowhere()"},
    {"route": {"url": "**/{a", "block": True}},
    {"download": {"click": "#buy"}},
    {"expect": {"css": "#buy", "hidden": True}},
    {"expect": {"css": "#total", "text": "13 EUR"}},
    {"expect": {"css": ".many", "text": "One more"}},
    {"expect": {"url": "/other"}},
    {"check_a11y": {}},
    {"check_visual": "page"},
]


@pytest.fixture
def adapter_name() -> str:
    """Both are played in one test, which compares them."""
    return "playwright"


def test_every_step_says_the_same_on_both(play):
    players = [replace(play, adapter=adapter(), sessions=play.sessions) for adapter in (PlaywrightAdapter, SeleniumAdapter)]
    opened = {"open": {"url": "/", "within": "30s"}}

    def faults(player: Any) -> dict[str, Any]:
        outcomes = [player(opened, step, browser={"within": "400ms", "screenshot": "off"}) for step in STEPS]
        return {str(step): (outcome.status, outcome.fault) for step, outcome in zip(STEPS, outcomes, strict=True)}

    on_playwright, on_selenium = map(faults, players)

    assert on_selenium == on_playwright
