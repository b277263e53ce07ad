"""Locators for an element as a good engineer would write them: role and name, label, test id, text, short CSS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from maestro_fabric.healing.prints import normal

__all__ = ["locators_of"]

Element = Mapping[str, Any]

_LONGEST_NAME = 60
# Roles that every other element has: without a good name they find anything.
_VAGUE_ROLES = frozenset(("", "generic", "none", "presentation", "paragraph", "document", "group"))
# What frameworks make up anew with each build: css-1x2y3z, ember123, :r1:, radix-…, long hexadecimal numbers.
_MADE_UP = re.compile(r"\d{3,}|^:.*:$|^(css|sc|jss|ember|radix|mui|react|headlessui)[-_:]?\w*\d|[0-9a-f]{8,}|__|--|^\d", re.IGNORECASE)
_PLAIN_CLASS = re.compile(r"^[A-Za-z][A-Za-z-]{2,24}$")
_PLAIN_ID = re.compile(r"^[A-Za-z][\w-]*$")


def locators_of(element: Element, page: Sequence[Element]) -> list[dict[str, Any]]:
    """Ways to find an element, best first, each by the keys of a locator in the file; those that others share are left out.

    The caller looks on the page whether one leads to the element and nothing else: what the page's script says may differ in detail
    from what the browser driver finds.

    Args:
        element: One of the page's.
        page: Every visible element of the page.
    """
    frame = [part for part in str(element.get("frame", "")).split(" >> ") if part]
    rivals = [other for other in page if other is not element and other.get("frame", "") == element.get("frame", "")]
    place: dict[str, Any] = {"frame": frame[0] if len(frame) == 1 else frame} if frame else {}
    return [{**locator, **place} for locator in _ways(element, rivals)]


def _ways(element: Element, rivals: Sequence[Element]) -> Iterator[dict[str, Any]]:
    yield from _by_role(element, rivals)
    yield from _by_text_key("label", element, "label", rivals)
    yield from _by_equal("test_id", element, rivals)
    yield from _by_text_key("text", element, "text", rivals)
    yield from _by_text_key("placeholder", element, "placeholder", rivals)
    yield from _by_css(element, rivals)


def _by_role(element: Element, rivals: Sequence[Element]) -> Iterator[dict[str, Any]]:
    role, name = str(element.get("role", "")), str(element.get("accessible_name", ""))
    if role in _VAGUE_ROLES or not 0 < len(name) <= _LONGEST_NAME:
        return
    same = [str(other.get("accessible_name", "")) for other in rivals if other.get("role") == role]
    yield from _exact_if_needed({"role": role, "name": name}, name, same)


def _by_text_key(key: str, element: Element, field: str, rivals: Sequence[Element]) -> Iterator[dict[str, Any]]:
    text = str(element.get(field, ""))
    if not 0 < len(text) <= _LONGEST_NAME:
        return
    others = [str(other.get(field, "")) for other in rivals if not _is_around(other, element)]
    yield from _exact_if_needed({key: text}, text, others)


def _exact_if_needed(locator: dict[str, Any], text: str, others: Sequence[str]) -> Iterator[dict[str, Any]]:
    wanted = normal(text)
    if not any(wanted in normal(other) for other in others):
        yield locator
    elif text not in others:
        yield {**locator, "exact": True}


def _by_equal(key: str, element: Element, rivals: Sequence[Element]) -> Iterator[dict[str, Any]]:
    value = element.get(key)
    if value and all(other.get(key) != value for other in rivals):
        yield {key: str(value)}


def _by_css(element: Element, rivals: Sequence[Element]) -> Iterator[dict[str, Any]]:
    tag = str(element.get("tag", ""))
    own_id, name = str(element.get("id", "")), str(element.get("name", ""))
    if _PLAIN_ID.match(own_id) and not _MADE_UP.search(own_id):
        yield {"css": f"#{own_id}"}
    if _PLAIN_ID.match(name) and not any((other.get("tag"), other.get("name")) == (tag, name) for other in rivals):
        yield {"css": f"{tag}[name={name}]"}
    for word in str(element.get("classes", "")).split():
        if _PLAIN_CLASS.match(word) and not _MADE_UP.search(word) and not any(_has_class(other, tag, word) for other in rivals):
            yield {"css": f"{tag}.{word}"}
    if _PLAIN_ID.match(own_id):
        yield {"css": f"#{own_id}"}
    yield from _by_near_id(element)


def _by_near_id(element: Element) -> Iterator[dict[str, Any]]:
    """The way down from the nearest element with an id, as a last resort."""
    found = re.match(r"//\*\[@id='([A-Za-z][\w-]*)'\](/.+)", str(element.get("id_xpath", "")))
    if found is None or _MADE_UP.search(found[1]):
        return
    steps = re.findall(r"/([\w-]+)\[(\d+)\]", found[2])
    yield {"css": " > ".join([f"#{found[1]}", *(f"{tag}:nth-of-type({place})" for tag, place in steps)])}


def _has_class(other: Element, tag: str, word: str) -> bool:
    return other.get("tag") == tag and word in str(other.get("classes", "")).split()


def _is_around(other: Element, element: Element) -> bool:
    """Whether another element holds this one: a text is found in the innermost."""
    return str(element.get("xpath", "")).startswith(f"{other.get('xpath', '')}/")
