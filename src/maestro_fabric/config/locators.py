"""Locators as the file, or a test in Python, has them, from the JSON in which they are kept."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["flow_entries", "python_text", "show_locator"]

_PLAIN = re.compile(r"^[A-Za-z_][\w .()/+-]*$")
# What YAML 1.1 reads as something else than text.
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))


def show_locator(locator: str) -> str:
    """``{role: button, name: Buy}``, or ``"#buy"`` for nothing but CSS; a test's own code as it is; empty for an empty text."""
    if not locator:
        return ""
    values: dict[str, Any] = json.loads(locator)
    if set(values) == {"python"}:
        return str(values["python"])
    if set(values) == {"css"}:
        return json.dumps(values["css"], ensure_ascii=False)
    return f"{{{', '.join(flow_entries(values))}}}"


def python_text(text: str) -> str:
    """A text as Python code, between the quotation marks that it does not hold."""
    quoted = json.dumps(text, ensure_ascii=False)
    return repr(text) if '\\"' in quoted and "'" not in text else quoted


def flow_entries(values: dict[str, Any]) -> list[str]:
    """Each key with its value as YAML's flow style has them."""
    return [f"{key}: {_scalar(value)}" for key, value in values.items()]


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.match(value) and value == value.strip() and value.lower() not in _WORDS:
        return value
    # JSON is YAML's flow style.
    return json.dumps(value, ensure_ascii=False)
