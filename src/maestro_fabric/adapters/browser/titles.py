"""Steps and locators as a person reads them: ``click role=button "Add to basket"``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from maestro_fabric.adapters.browser.text import quote
from maestro_fabric.config.steps import LOCATOR_KEYS, Expect, Target

__all__ = ["describe_step", "describe_target", "has_target", "locator_key"]

_METHODS = ("get", "post", "put", "patch", "delete", "head")


def locator_key(target: Target) -> str | None:
    """The one key that finds the element; ``None`` when there is none.

    ``text`` of an `Expect` beside another key is not a locator but what the element's text must be.
    """
    keys = [key for key in LOCATOR_KEYS if getattr(target, key) is not None]
    return next((key for key in keys if key != "text"), keys[0] if keys else None)


def has_target(target: Target) -> bool:
    """Whether an element is named at all."""
    return locator_key(target) is not None


def describe_target(target: Target) -> str:
    """``role=button "Add to basket"``, ``css=#buy``; empty without a locator."""
    key = locator_key(target)
    if key is None:
        return ""
    value = getattr(target, key)
    parts = [f"{key}={value if key in ('css', 'xpath', 'role', 'test_id') else quote(value)}"]
    if key == "role" and target.name is not None:
        parts.append(quote(target.name))
    if target.nth is not None:
        parts.append(f"nth={target.nth}")
    if target.frame is not None:
        parts.append(f"in frame {target.frame if isinstance(target.frame, str) else ' > '.join(target.frame)}")
    return " ".join(parts)


def describe_step(action: str, step: Any) -> str:
    """The step in one line, with the values it is run with."""
    parts = [action]
    if isinstance(step, Target):
        parts.append(describe_target(step))
    detail = _DETAILS.get(action)
    if detail is not None:
        parts.append(detail(step))
    return " ".join(part for part in parts if part)


def _expectation(step: Expect) -> str:
    shown = {name: getattr(step, name) for name in _EXPECTED if getattr(step, name) is not None}
    if step.text is not None and locator_key(step) != "text":
        shown = {"text": step.text, **shown}
    return " ".join(f"{name}={quote(value) if isinstance(value, str) else value}" for name, value in shown.items())


def _request(step: Any) -> str:
    return next((f"{method} {getattr(step, method)}" for method in _METHODS if getattr(step, method) is not None), "")


def _save(step: Any) -> str:
    source = next((name for name in ("text", "value", "count", "attribute", "json") if getattr(step, name) is not None), None)
    of = step.of or (getattr(step, source) if source in ("text", "value", "count") else None)
    detail = describe_target(of) if of is not None else ""
    named = getattr(step, source) if source in ("attribute", "json") else ""
    return " ".join(part for part in (source or ("url" if step.url else "title"), named, detail, f"as {step.as_}") if part)


def _list(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _switch(step: Any) -> str:
    return next((f"{name}={getattr(step, name)}" for name in ("number", "url", "title") if getattr(step, name) is not None), "newest")


_EXPECTED = ("visible", "hidden", "enabled", "disabled", "checked", "contains", "matches", "value", "attribute", "count", "url", "title")
_DETAILS: Mapping[str, Callable[[Any], str]] = {
    "open": lambda step: str(step.url),
    "fill": lambda step: f"value={quote(step.value)}",
    "type": lambda step: f"value={quote(step.value)}",
    "press": lambda step: str(step.key),
    "select": lambda step: f"option={quote(_list(step.option))}",
    "upload": lambda step: f"files={_list(step.files)}",
    "drag": lambda step: f"{describe_target(step.source)} to {describe_target(step.to)}",
    "switch_tab": _switch,
    "dialog": lambda step: str(step.answer),
    "wait_for": lambda step: step.state if has_target(step) else f"url={step.url}",
    "screenshot": lambda step: f"as {step.as_}",
    "run_js": lambda step: quote(step.script),
    "save": _save,
    "set_cookie": lambda step: str(step.name),
    "request": _request,
    "route": lambda step: str(step.url),
    "download": lambda step: f"click {describe_target(step.click)}",
    "call": lambda step: str(step.function),
    "log": lambda step: quote(step.message),
    "expect": _expectation,
    "check_a11y": lambda step: step.css or "",
    "check_visual": lambda step: quote(step.picture),
}
