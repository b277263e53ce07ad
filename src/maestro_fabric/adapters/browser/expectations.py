"""Whether elements are what an ``expect`` says: pure comparison, whoever asked the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maestro_fabric.adapters.browser.scope import as_bool, as_int, as_text
from maestro_fabric.adapters.browser.text import Unmet, fold, quote
from maestro_fabric.adapters.browser.titles import has_target, locator_key
from maestro_fabric.adapters.browser.urls import matches_url
from maestro_fabric.config.steps import Expect
from maestro_fabric.errors import ConfigError

__all__ = ["Ambiguous", "ElementState", "asks_for_element", "check_elements", "check_page", "read_elements"]


@dataclass(frozen=True, slots=True)
class ElementState:
    """An element at one moment; ``text`` is what is shown, ``content`` what the document holds, ``value`` a field's."""

    visible: bool
    enabled: bool
    checked: bool
    field: bool
    text: str
    content: str
    value: str | None
    attributes: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """One element was expected, and several match."""

    count: int


def read_elements(rows: Iterable[Mapping[str, Any]]) -> list[ElementState]:
    """The page's answer to `scripts.READ_ELEMENTS`."""
    return [ElementState(**row) for row in rows]


def asks_for_element(expect: Expect) -> bool:
    """Whether a locator is among what is expected."""
    return has_target(expect)


def check_elements(expect: Expect, elements: Sequence[ElementState]) -> list[Unmet] | Ambiguous:
    """What the matching elements are not; empty when they are all that is expected."""
    if expect.count is not None and len(elements) != as_int(expect.count):
        return [Unmet(f"{as_int(expect.count)} elements", f"{len(elements)}")]
    if _wants_absence(expect):
        shown = [element for element in elements if element.visible]
        return [Unmet("no visible element", f"{len(shown)} visible: {quote(fold(shown[0].text))}")] if shown else []
    checks = list(_checks(expect))
    if not checks:
        return []
    if len(elements) > 1:
        return Ambiguous(len(elements))
    if not elements:
        return [Unmet(", ".join(check.expected for check in checks), "no element matches")]
    return [Unmet(check.expected, check.show(elements[0])) for check in checks if not check.is_met(elements[0])]


def check_page(expect: Expect, *, url: Callable[[], str], title: Callable[[], str], base_url: str) -> Iterator[Unmet]:
    """What the page's address and title are not; only what is expected is asked for, which costs a driver a call."""
    if expect.url is not None and not matches_url(expect.url, here := url(), base_url):
        yield Unmet(f"url {expect.url}", here)
    if expect.title is not None:
        seen = fold(title())
        if seen != fold(expect.title):
            yield Unmet(f"title {quote(expect.title)}", quote(seen))


@dataclass(frozen=True, slots=True)
class _Check:
    expected: str
    is_met: Callable[[ElementState], bool]
    show: Callable[[ElementState], str]


def _wants_absence(expect: Expect) -> bool:
    hidden = expect.hidden is not None and as_bool(expect.hidden)
    return hidden or (expect.visible is not None and not as_bool(expect.visible))


def _checks(expect: Expect) -> Iterator[_Check]:
    yield from _text_checks(expect)
    yield from _state_checks(expect)
    if expect.value is not None:
        wanted = expect.value
        yield _Check(f"value {quote(wanted)}", lambda element: element.value == wanted, _show_value)
    for name, value in (expect.attribute or {}).items():
        yield _attribute_check(name, None if value is None else as_text(value))


def _text_checks(expect: Expect) -> Iterator[_Check]:
    if expect.text is not None and locator_key(expect) != "text":
        whole = fold(expect.text)
        yield _Check(f"text {quote(whole)}", lambda element: whole in _texts(element), _show_text)
    if expect.contains is not None:
        part = fold(expect.contains)
        yield _Check(f"text that contains {quote(part)}", lambda element: any(part in text for text in _texts(element)), _show_text)
    if expect.matches is not None:
        pattern = _compile(expect.matches)
        yield _Check(f"text that matches /{expect.matches}/", lambda element: any(map(pattern.search, _texts(element))), _show_text)


def _state_checks(expect: Expect) -> Iterator[_Check]:
    if _is_only_a_locator(expect) or expect.visible is not None or expect.hidden is not None:
        yield _Check(
            "visible", lambda element: element.visible, lambda element: "visible" if element.visible else "it is there, but hidden"
        )
    for value, meaning in ((expect.enabled, True), (expect.disabled, False)):
        if value is not None:
            yield _enabled_check(as_bool(value) is meaning)
    if expect.checked is not None:
        checked = as_bool(expect.checked)
        yield _Check(_checked(checked), lambda element: element.checked is checked, lambda element: _checked(element.checked))


def _enabled_check(enabled: bool) -> _Check:  # noqa: FBT001 - the value is what is compared
    return _Check(_enabled(enabled), lambda element: element.enabled is enabled, lambda element: _enabled(element.enabled))


def _attribute_check(name: str, value: str | None) -> _Check:
    expected = f"no attribute {name}" if value is None else f"attribute {name}={quote(value)}"
    return _Check(
        expected, lambda element: element.attributes.get(name) == value, lambda element: _show_attribute(name, element.attributes.get(name))
    )


def _is_only_a_locator(expect: Expect) -> bool:
    conditions = (
        expect.contains,
        expect.matches,
        expect.value,
        expect.attribute,
        expect.count,
        expect.enabled,
        expect.disabled,
        expect.checked,
    )
    return all(condition is None for condition in conditions) and (expect.text is None or locator_key(expect) == "text")


def _texts(element: ElementState) -> tuple[str, str]:
    # Both are accepted: `text-transform: uppercase` changes what is shown, not what was written.
    return fold(element.text), fold(element.content)


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as exc:
        raise ConfigError(f"{pattern!r} is not a regular expression: {exc}") from exc


def _show_text(element: ElementState) -> str:
    hint = ' (a field: use "value:")' if element.field else ""
    return f"text {quote(fold(element.text))}{hint}"


def _show_value(element: ElementState) -> str:
    return "an element without a value" if element.value is None else f"value {quote(element.value)}"


def _show_attribute(name: str, value: str | None) -> str:
    return f"no attribute {name}" if value is None else f"attribute {name}={quote(value)}"


def _enabled(value: bool) -> str:  # noqa: FBT001 - the value is what is shown
    return "enabled" if value else "disabled"


def _checked(value: bool) -> str:  # noqa: FBT001 - the value is what is shown
    return "checked" if value else "not checked"
