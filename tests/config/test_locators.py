"""Locators as the file has them."""

from __future__ import annotations

import json

import pytest
import yaml

from maestro_fabric.config.locators import show_locator


@pytest.mark.parametrize(
    ("locator", "shown"),
    [
        ({"css": "#buy"}, '"#buy"'),
        ({"role": "button", "name": "Log in"}, "{role: button, name: Log in}"),
        ({"text": "yes"}, '{text: "yes"}'),
        ({"text": "a: b"}, '{text: "a: b"}'),
        ({"text": "4 stars", "nth": 2}, '{text: "4 stars", nth: 2}'),
        ({"role": "button", "name": "Müsli – ½", "exact": True}, '{role: button, name: "Müsli – ½", exact: true}'),
        ({"css": "#a", "frame": ["#f", "#g"]}, '{css: "#a", frame: ["#f", "#g"]}'),
    ],
)
def test_a_locator_is_shown_as_yaml_reads_it(locator: dict[str, object], shown: str) -> None:
    assert show_locator(json.dumps(locator)) == shown
    read = yaml.safe_load(shown)
    assert (read if isinstance(read, dict) else {"css": read}) == locator


def test_no_locator_is_nothing() -> None:
    assert show_locator("") == ""
