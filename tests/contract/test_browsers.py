from __future__ import annotations

from typing import Any, ClassVar

import pytest

from maestro_fabric.adapters.playwright.adapter import PlaywrightAdapter
from maestro_fabric.adapters.selenium.adapter import SeleniumAdapter
from maestro_fabric.testing import AdapterContract

pytestmark = pytest.mark.browser

PAGE = {"open": "data:text/html,<title>shop</title><p id=total>3 EUR</p>"}


def cases(**steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {"browser": {"within": "500ms"}, "cases": [{"name": name, "steps": written} for name, written in steps.items()]}


class OfJourneys(AdapterContract):
    suite: ClassVar = cases(
        good=[PAGE, {"expect": {"css": "#total", "text": "3 EUR"}}],
        bad=[PAGE, {"expect": {"css": "#total", "text": "4 EUR"}}],
        broken=[PAGE, {"click": "#buy"}],
    )
    outcomes: ClassVar = {"good": "passed", "bad": "failed", "broken": "error"}
    slow_suite: ClassVar = cases(quick=[PAGE], slow=[PAGE, {"wait_for": {"css": "#never", "within": "60s"}}])
    quick_case = "quick"
    slow_case = "slow"
    secret_suite: ClassVar = cases(
        shown=[
            {"open": "data:text/html,<input id=key>"},
            {"fill": {"css": "#key", "value": "${secret:CONTRACT_SECRET}"}},
            {"run_js": "console.error(document.querySelector('input').value)"},
            {"run_js": "document.body.append(document.querySelector('input').value)"},
            {"expect": {"text": "${secret:CONTRACT_SECRET}!"}},
        ]
    )


class TestPlaywrightAdapter(OfJourneys):
    adapter = PlaywrightAdapter


class TestSeleniumAdapter(OfJourneys):
    adapter = SeleniumAdapter
