"""Locators by the keys that they have in the file, as Selenium's users write them in Python."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from selenium.webdriver.common.by import By

from maestro_fabric.adapters.browser.python_calls import Expression, as_python

__all__ = ["code_of", "ways_of"]

_NAMES = {value: f"By.{name}" for name, value in vars(By).items() if name.isupper()}


def code_of(by: str, value: str) -> str:
    """``find_element(By.ID, "buy")``, after the driver."""
    return as_python("find_element", [Expression(_NAMES[by]) if by in _NAMES else by, value])


def ways_of(locator: Mapping[str, Any], candidate: Mapping[str, Any], test_id_attribute: str) -> Iterator[tuple[str, str]]:
    """How Selenium finds what a locator of the file does, best first; nothing for what it cannot: WebDriver knows no roles.

    Args:
        locator: By the keys of the file.
        candidate: The element that is to be found.
        test_id_attribute: The attribute with test ids.
    """
    tag = str(candidate.get("tag") or "*")
    if "css" in locator:
        css = str(locator["css"])
        yield (By.ID, css[1:]) if css.startswith("#") and css[1:].replace("-", "").replace("_", "").isalnum() else (By.CSS_SELECTOR, css)
    elif "test_id" in locator:
        yield By.CSS_SELECTOR, f"[{test_id_attribute}={json.dumps(locator['test_id'], ensure_ascii=False)}]"
    elif "placeholder" in locator:
        yield By.CSS_SELECTOR, f"{tag}[placeholder={json.dumps(locator['placeholder'], ensure_ascii=False)}]"
    elif "role" in locator or "text" in locator:
        yield from _by_text(str(locator.get("name") or locator.get("text") or ""), tag, candidate)
    elif "label" in locator:
        yield By.XPATH, f"//{tag}[@id=//label[normalize-space()={_quoted(str(locator['label']))}]/@for]"
        yield By.XPATH, f"//label[normalize-space()={_quoted(str(locator['label']))}]//{tag}"


def _by_text(name: str, tag: str, candidate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not name:
        return
    if tag == "a":
        yield By.LINK_TEXT, name
    if name == candidate.get("text"):
        yield By.XPATH, f"//{tag}[normalize-space()={_quoted(name)}]"
    labelled = candidate.get("label") == name
    if labelled:
        yield By.XPATH, f"//{tag}[@id=//label[normalize-space()={_quoted(name)}]/@for]"
        yield By.XPATH, f"//label[normalize-space()={_quoted(name)}]//{tag}"
    else:
        yield By.CSS_SELECTOR, f"{tag}[aria-label={json.dumps(name, ensure_ascii=False)}]"


def _quoted(text: str) -> str:
    """A text in XPath, which knows no escapes."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    parts = ', "\'", '.join(f"'{part}'" for part in text.split("'"))
    return f"concat({parts})"
