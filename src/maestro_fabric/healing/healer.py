"""Answers for lost elements: what is known of them, a plugin's word or the matcher's, and what forbids to act on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from maestro_fabric.errors import StoreError
from maestro_fabric.healing.decide import Decision, decide
from maestro_fabric.healing.fingerprint import Fingerprint
from maestro_fabric.healing.gates import destructive_word_of, obstacle_of
from maestro_fabric.healing.locators import locators_of
from maestro_fabric.healing.signals import is_part_of
from maestro_fabric.model import CaseId
from maestro_fabric.ports import HealAnswer, HealDecision, HealRequest

__all__ = ["Knowledge", "Known", "LearntHealer"]


class Known(Protocol):
    """An element when its locator last worked; what it was like may be read only when somebody asks."""

    @property
    def learnt_at(self) -> float:
        """When, in seconds since the epoch."""

    @property
    def element(self) -> Mapping[str, Any]:
        """Its fingerprint, by field; empty when it has been forgotten meanwhile."""

    @property
    def others(self) -> Sequence[Mapping[str, Any]]:
        """The other elements of its page, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What earlier runs have left of the elements of a suite.

    Attributes:
        elements: By case, step and locator.
        by_locator: The newest by locator, for a step that moved or a case that is new.
    """

    elements: Mapping[tuple[CaseId, str, str], Known] = field(default_factory=dict)
    by_locator: Mapping[str, Known] = field(default_factory=dict)

    def find(self, case: CaseId, step: str, locator: str) -> Known | None:
        """The element that a step's locator found."""
        return self.elements.get((case, step, locator)) or self.by_locator.get(locator)


class LearntHealer:
    """The healer of a process.

    Args:
        read: Gives what earlier runs have left of a suite, by its name; asked once for each, when it is first needed.
        now: Seconds since the epoch.
        destructive: Words of elements that must not be acted on by mistake.
        ask_plugins: What plugins decide; ``None`` leaves it to the matcher.
        is_rejected: Whether a person rejected a heal: suite, old and new locator.
        take_one: Uses up one heal of the run's budget; whether there was one.
        only_proposes: Why nothing is healed here and only proposed; empty when it may be healed.
        stale_after_s: A fingerprint that is older is learnt anew when its locator works.
    """

    def __init__(
        self,
        read: Callable[[str], Knowledge],
        *,
        now: Callable[[], float],
        destructive: Sequence[str] = (),
        ask_plugins: Callable[[HealRequest], HealDecision | None] = lambda _request: None,
        is_rejected: Callable[[str, str, str], bool] = lambda _suite, _old, _new: False,
        take_one: Callable[[], bool] = lambda: True,
        only_proposes: str = "",
        stale_after_s: float = 86_400.0,
    ) -> None:
        self._read = read
        self._now = now
        self._destructive = destructive
        self._ask_plugins = ask_plugins
        self._is_rejected = is_rejected
        self._take_one = take_one
        self._only_proposes = only_proposes
        self._stale_after_s = stale_after_s
        self._suites: dict[str, Knowledge] = {}

    def wants(self, case: CaseId, step: str, locator: str) -> bool:
        """Whether the element is not known, or was last looked at long ago."""
        known = self._known(case).elements.get((case, step, locator))
        return known is None or self._now() - known.learnt_at > self._stale_after_s

    def knows(self, case: CaseId, step: str, locator: str) -> Mapping[str, Any] | None:
        """The element when the locator last worked."""
        known = self._known(case).find(case, step, locator)
        # What cannot be read is not known: why the locator was lost is what to tell then, and the writer tells of the store.
        with suppress(StoreError):
            return (known.element or None) if known is not None else None
        return None

    def acted(self, case: CaseId, step: str, locator: str) -> bool:
        """Whether exactly this step acted on an element that this locator found."""
        return (case, step, locator) in self._known(case).elements

    def answer(self, request: HealRequest) -> HealAnswer:
        """Whether and how to go on."""
        given = self._ask_plugins(request)
        if given is not None:
            return self._answer(request, self._checked(request, given))
        old = Fingerprint.from_mapping(request.old)
        page = [Fingerprint.from_mapping(each) for each in request.candidates]
        # Of the page what one can act on, and what stands beside the element itself.
        around = (*self._others(request), *request.old.get("around", ()))
        others = [Fingerprint.from_mapping(each) for each in around]
        decision = decide(old, page, others=[other for other in others if not _is_same_place(other, old)])
        made = HealDecision(action=decision.action, index=decision.index, confidence=decision.confidence, reason=decision.reason)
        answer = self._answer(request, self._checked(request, made))
        return _with_ranking(answer, decision, page, request.candidates) if answer.locators else answer

    def is_rejected(self, case: CaseId, old: str, new: str) -> bool:
        """Whether a person said no to this."""
        # While a person's "no" cannot be read, nothing is healed.
        with suppress(StoreError):
            return self._is_rejected(case.suite, old, new)
        return True

    def take_one(self) -> bool:
        """Use up one heal of the budget."""
        return self._take_one()

    def _others(self, request: HealRequest) -> Sequence[Mapping[str, Any]]:
        known = self._known(request.case).find(request.case, request.step, request.locator)
        with suppress(StoreError):
            return known.others if known is not None else ()
        return ()

    def _known(self, case: CaseId) -> Knowledge:
        if case.suite not in self._suites:
            self._suites[case.suite] = Knowledge()
            # As above: no step may fail because nobody knows its elements.
            with suppress(StoreError):
                self._suites[case.suite] = self._read(case.suite)
        return self._suites[case.suite]

    def _checked(self, request: HealRequest, decision: HealDecision) -> HealDecision:
        """The decision as the gates leave it: what must not be acted on is proposed at most."""
        if decision.index is None or not 0 <= decision.index < len(request.candidates):
            return replace(decision, action="abstain", index=None)
        if decision.action != "heal":
            return decision
        obstacle = self._only_proposes or request.must_not_heal or self._danger(request, request.candidates[decision.index])
        return replace(decision, action="propose", reason=f"{obstacle} ({decision.reason})") if obstacle else decision

    def _danger(self, request: HealRequest, candidate: Mapping[str, Any]) -> str:
        word = "" if request.may_destroy else destructive_word_of(request.locator, self._destructive)
        if word:
            return f"the step may be destructive ({word!r}) and does not say heal: true"
        return obstacle_of(candidate, self._destructive, may_destroy=request.may_destroy)

    def _answer(self, request: HealRequest, chosen: HealDecision) -> HealAnswer:
        if chosen.index is None or chosen.action == "abstain":
            return HealAnswer(decision=chosen)
        page = request.candidates
        return HealAnswer(decision=chosen, locators=locators_of(page[chosen.index], page))


def _with_ranking(answer: HealAnswer, decision: Decision, page: Sequence[Fingerprint], told: Sequence[Mapping[str, Any]]) -> HealAnswer:
    best, *rest = decision.ranking
    second = next((one for one in rest if not is_part_of(page[one.index], page[best.index])), None)
    if second is None:
        return replace(answer, features=best.by_feature)
    return replace(answer, features=best.by_feature, runner_up=_named(told[second.index]), margin=max(0.0, best.score - second.score))


def _is_same_place(one: Fingerprint, other: Fingerprint) -> bool:
    return (one.frame, one.shadow, one.xpath) == (other.frame, other.shadow, other.xpath)


def _named(element: Mapping[str, Any]) -> str:
    name = element.get("accessible_name") or element.get("text") or element.get("id") or ""
    return f"{element.get('role') or element.get('tag')} {str(name)[:60]!r}" if name else str(element.get("tag", ""))
