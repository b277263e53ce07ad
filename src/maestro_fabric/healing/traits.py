"""What of an element is compared, made once: its kind, prints of its texts, its path, its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from maestro_fabric.healing.prints import Print, normal, of_pairs, of_words, words

if TYPE_CHECKING:
    from maestro_fabric.healing.fingerprint import Fingerprint

__all__ = ["Box", "Step", "Traits", "traits_of"]

_ADDRESS = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)", re.IGNORECASE)
_STEP = re.compile(r"([^/\[\]]+)(?:\[(\d+)\])?")
_ID_STEP = re.compile(r"@id=(?:'([^']*)'|\"([^\"]*)\")")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
# Words that say how an element looks or where it stands, and nothing of what it is.
_COMMON = frozenset(
    [
        "a",
        "btn",
        "button",
        "link",
        "nav",
        "item",
        "li",
        "div",
        "span",
        "container",
        "wrapper",
        "js",
        "text",
        "content",
        "http",
        "https",
        "www",
        "com",
        "html",
    ]
)
_ROLES = {
    "button": "button",
    "checkbox": "field",
    "combobox": "field",
    "heading": "heading",
    "link": "link",
    "listbox": "field",
    "menuitem": "button",
    "option": "item",
    "radio": "field",
    "searchbox": "field",
    "slider": "field",
    "spinbutton": "field",
    "switch": "field",
    "tab": "button",
    "textbox": "field",
}
_TAGS = {
    "a": "link",
    "button": "button",
    "summary": "button",
    "input": "field",
    "textarea": "field",
    "select": "field",
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("li", "td", "th", "tr", "option", "dt", "dd"), "item"),
    **dict.fromkeys(("div", "section", "form", "ul", "ol", "table", "main", "header", "nav", "footer", "aside", "article", "body"), "box"),
}
_PRESSED_INPUTS = frozenset(("button", "submit", "reset", "image"))


class Step(NamedTuple):
    """One step of an XPath: the tag and its place among siblings of that tag, from 1."""

    tag: str
    place: int


class Box(NamedTuple):
    """Where an element stood, in CSS pixels from the page's left top corner."""

    x: float
    y: float
    width: float
    height: float


class Glanced(NamedTuple):
    """The few traits that a first rough look takes, side by side."""

    pairs: int
    pair_count: int
    words: int
    word_count: int
    kind: str
    tag: str
    end: tuple[Step, ...]
    depth: int
    test_id: str
    box: Box | None


@dataclass(frozen=True, slots=True)
class Traits:
    """What is compared, made once from a fingerprint: prints of its texts, its path, its kind."""

    kind: str
    text: str
    letters: str
    text_words: Print
    text_pairs: Print
    near_words: Print
    near_pairs: Print
    id_pairs: Print
    address: str
    address_pairs: Print
    identity: Print
    everything: Print
    everything_pairs: Print
    steps: tuple[Step, ...]
    tags: tuple[str, ...]
    anchor: str
    anchor_steps: tuple[Step, ...]
    last_place: int
    box: Box | None
    glanced: Glanced


def traits_of(one: Fingerprint) -> Traits:
    """What is compared of a fingerprint."""
    text = normal(one.text or one.accessible_name or one.label or one.placeholder)
    near = normal(" ".join((one.neighbor_text, *one.landmarks)))
    found = _ADDRESS.match(one.href)
    path = found[1].strip("/").lower() if found else ""
    identity = words(" ".join((one.id, one.test_id, one.name, one.classes, path, one.alt, one.label, one.placeholder))) - _COMMON
    steps = _steps(one.xpath)
    anchor = next((found[0] or found[1] for found in _ID_STEP.findall(one.id_xpath)), "")
    places = [step.place for step in steps if step.place != 1]
    kind = _kind(one)
    everything = of_words(identity | words(text))
    pairs = of_pairs(" ".join(sorted(identity)) + " " + text)
    return Traits(
        kind=kind,
        text=text,
        letters=_NOT_LETTERS.sub(" ", text).strip(),
        text_words=of_words(words(text)),
        text_pairs=of_pairs(text),
        near_words=of_words(words(near)),
        near_pairs=of_pairs(near),
        id_pairs=of_pairs(normal(one.id)),
        address=path,
        address_pairs=of_pairs(path),
        identity=of_words(identity),
        everything=everything,
        everything_pairs=pairs,
        steps=steps,
        tags=tuple(step.tag for step in steps),
        anchor=anchor,
        anchor_steps=_steps(_ID_STEP.sub("", one.id_xpath)) if anchor else (),
        last_place=places[-1] if places else 1,
        box=one.box,
        glanced=Glanced(*pairs, *everything, kind, one.tag, steps[-2:], len(steps), one.test_id, one.box),
    )


def _kind(one: Fingerprint) -> str:
    """What one does with it, which is what must not change: press, follow, fill in, read."""
    if one.role in _ROLES:
        return _ROLES[one.role]
    if one.is_button or (one.tag == "input" and one.type.lower() in _PRESSED_INPUTS):
        return "button"
    return _TAGS.get(one.tag, "text")


def _steps(xpath: str) -> tuple[Step, ...]:
    return tuple(Step(tag.lower(), int(place or 1)) for tag, place in _STEP.findall(xpath))
