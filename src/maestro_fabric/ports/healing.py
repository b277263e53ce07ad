"""Who knows lost elements again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from maestro_fabric.model import CaseId

__all__ = ["HealAnswer", "HealDecision", "HealRequest", "Healer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealRequest:
    """A locator that leads to no single element any more.

    Attributes:
        case: Whose step it is.
        step: The step's number as the file has it.
        doing: What the step does, e.g. ``click``.
        locator: The locator's keys and values, in JSON.
        old: The element when the locator last worked, by the fields of `maestro_fabric.healing.Fingerprint`.
        candidates: Every visible element of the page, likewise; ``enabled`` says whether it can be acted on.
        url: The page's address.
        must_not_heal: Why this step may not go on with another element; empty when it may.
        may_destroy: Whether the step says ``heal: true``, so that it may even act on what looks destructive.
    """

    case: CaseId
    step: str
    doing: str
    locator: str
    old: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    url: str = ""
    must_not_heal: str = ""
    may_destroy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HealDecision:
    """What a plugin's ``maestro_heal`` decides: ``heal``, ``propose`` or ``abstain``, and the chosen candidate's place in the list."""

    action: str
    index: int | None = None
    confidence: float = 1.0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealAnswer:
    """What becomes of a lost element.

    Attributes:
        decision: The answer.
        locators: Ways to find the chosen candidate, best first, each by the keys of a locator; the first that leads to it counts.
        runner_up: The next best element, for a person; empty without one.
        margin: By how much its score is behind.
        features: The chosen one's score by feature.
    """

    decision: HealDecision
    locators: Sequence[Mapping[str, Any]] = ()
    runner_up: str = ""
    margin: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)


class Healer(Protocol):
    """Knows elements again."""

    def wants(self, case: CaseId, step: str, locator: str) -> bool:
        """Whether an element that a locator found should be told, since it is not known or not known well any more."""

    def knows(self, case: CaseId, step: str, locator: str) -> Mapping[str, Any] | None:
        """The element when the locator last worked; ``None`` when nobody has told of it."""

    def acted(self, case: CaseId, step: str, locator: str) -> bool:
        """Whether exactly this step acted on an element that this locator found, in a case that passed."""

    def answer(self, request: HealRequest) -> HealAnswer:
        """Whether and how to go on."""

    def is_rejected(self, case: CaseId, old: str, new: str) -> bool:
        """Whether a person said that this new locator does not stand for that old one; both in JSON."""

    def take_one(self) -> bool:
        """Use up one heal of the run's budget; whether there was one left."""
