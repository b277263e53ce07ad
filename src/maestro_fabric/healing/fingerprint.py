"""What is remembered of an element: enough to know it again after a redesign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from maestro_fabric.healing.traits import Box, Traits, traits_of

__all__ = ["Fingerprint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """An element as it was when its locator last worked, or as it is on the page of now.

    Attributes:
        tag: Its tag, in lower case.
        type: The ``type`` of an input.
        role: Its ARIA role, given or implied.
        accessible_name: Its accessible name.
        label: The text of its label.
        placeholder: Its placeholder.
        test_id: Its test id.
        id: Its ``id``.
        name: Its ``name``.
        classes: Its classes, with spaces between them.
        href: Where it leads; of a button that sends a form, where to.
        alt: The text for a picture.
        text: Its visible text.
        neighbor_text: The visible text around it.
        landmarks: Names of the landmarks and headings above it, innermost first.
        is_button: Whether it acts as a button whatever its tag.
        xpath: Its path from the root, with a place in each step.
        id_xpath: Its path from the nearest element above it that has an id.
        attributes: Its other attributes.
        box: Where it stands; ``None`` when unknown or not shown.
        frame: The path of the frame that it is in; empty for the page itself.
        shadow: The path of the shadow host that it is in; empty outside.
        traits: What is compared; made from the rest.
    """

    tag: str
    type: str = ""
    role: str = ""
    accessible_name: str = ""
    label: str = ""
    placeholder: str = ""
    test_id: str = ""
    id: str = ""
    name: str = ""
    classes: str = ""
    href: str = ""
    alt: str = ""
    text: str = ""
    neighbor_text: str = ""
    landmarks: tuple[str, ...] = ()
    is_button: bool = False
    xpath: str = ""
    id_xpath: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    box: Box | None = None
    frame: str = ""
    shadow: str = ""
    traits: Traits = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "traits", traits_of(self))

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Fingerprint:
        """A fingerprint from plain values, as a page's script or a recording gives them.

        Args:
            mapping: Fields by name; ``class`` and ``idxpath`` are also taken for ``classes`` and ``id_xpath``, and ``x``, ``y``,
                ``width``, ``height`` for ``box``. Unknown keys are ignored, missing ones empty.
        """
        given = {"classes": mapping.get("class"), "id_xpath": mapping.get("idxpath"), **mapping}
        known: dict[str, Any] = {name: str(given[name]) for name in _TEXTS if given.get(name) is not None}
        known["tag"] = known.get("tag", "").lower()
        known["is_button"] = bool(given.get("is_button"))
        known["landmarks"] = tuple(map(str, given.get("landmarks") or ()))
        known["attributes"] = tuple(sorted((str(name), str(value)) for name, value in dict(given.get("attributes") or {}).items()))
        known["box"] = _box(given)
        return cls(**known)


_TEXTS = tuple(each.name for each in fields(Fingerprint) if each.type == "str")


def _box(given: Mapping[str, Any]) -> Box | None:
    sides = given.get("box") or [given.get(side) for side in ("x", "y", "width", "height")]
    if any(not isinstance(side, int | float) for side in sides):
        return None
    box = Box(*map(float, sides))
    return box if box.width > 0 or box.height > 0 else None
