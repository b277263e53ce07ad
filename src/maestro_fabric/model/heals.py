"""What the healer says of lost elements, and what it learns of found ones."""

from __future__ import annotations

from dataclasses import dataclass

from maestro_fabric.model.places import Artifact, Location

__all__ = ["Heal", "Learnt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heal:
    """An answer of the healer to a lost element.

    Attributes:
        action: ``heal``, ``propose`` or ``abstain``.
        step: The step's number as the file has it.
        doing: What the step does, e.g. ``click``.
        old: The locator that found nothing, as the file has it: its keys and values, in JSON.
        new: The locator for the element that was found; empty when there is none.
        confidence: How likely it is the same element, from 0 to 1.
        reason: Why this answer, for a person.
        runner_up: The next best element's locator or text; empty without one.
        margin: By how much its score is behind.
        features: The score by feature, in JSON.
        location: Where the step is written.
        artifacts: Pictures of both elements, as far as there are any.
        engine: The version that decided.
    """

    action: str
    step: str
    doing: str
    old: str
    new: str = ""
    confidence: float = 0.0
    reason: str = ""
    runner_up: str = ""
    margin: float = 0.0
    features: str = "{}"
    location: Location | None = None
    artifacts: tuple[Artifact, ...] = ()
    engine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What an element was like when its locator worked.

    Attributes:
        step: The step's number as the file has it.
        locator: Its keys and values, in JSON.
        element: The fingerprint, in JSON.
        others: Those of the page's other elements that one can act on, in JSON.
    """

    step: str
    locator: str
    element: str
    others: str = "[]"
