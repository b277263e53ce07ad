"""Which element of a page is the lost one, if any: found again, worth a look, or gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Literal

from maestro_fabric.healing.fingerprint import Fingerprint
from maestro_fabric.healing.signals import Comparison, is_part_of, signals_of
from maestro_fabric.healing.similarity import FEATURES, compare, glance, score_of
from maestro_fabric.healing.weights import FITTED, Model

__all__ = ["Action", "Decision", "Ranked", "Settings", "decide", "similarity"]

Action = Literal["heal", "propose", "abstain"]

# What can be done with an element must stay: who pressed a button does not mean the box around it.
_ACTING = frozenset(("button", "link", "field"))
_COMPATIBLE = {
    "button": frozenset(("button", "link")),
    "link": frozenset(("link", "button")),
    "field": frozenset(("field",)),
    "heading": frozenset(("heading", "text", "link", "button")),
    "item": frozenset(("item", "link", "button", "field", "text", "box")),
    "box": frozenset(("box", "item", "button", "link")),
    "text": frozenset(("text", "heading", "item", "link", "button", "field")),
}
_CLAIMED = "the best match fits another element of the old page better"
# Of two that are as good as equal none is healed to, however much the rest of the page speaks for both.
_LEAST_LEAD = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How sure one has to be.

    Attributes:
        heal_at: The confidence from which on an element counts as found again, from 0 to 1.
        propose_at: The confidence from which on it is shown to a person.
        shortlist: How many candidates are looked at closely.
        model: Weights and calibration.
    """

    heal_at: float = 0.86
    propose_at: float = 0.3
    shortlist: int = 60
    model: Model = FITTED


DEFAULT = Settings()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate: its place in the list that was given, its score from 0 to 1, and the score by feature."""

    index: int
    score: float
    values: tuple[float, ...]

    @property
    def by_feature(self) -> Mapping[str, float]:
        """Each feature's value, from 0 to 1."""
        return dict(zip(FEATURES, self.values, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of a lost element.

    Attributes:
        action: ``heal``, ``propose`` or ``abstain``.
        index: The chosen candidate's place in the list that was given; ``None`` when there was none.
        confidence: How likely it is the same element, from 0 to 1.
        reason: Why, for a person.
        ranking: The best candidates, best first, but for a control that stands before a part of it that is more alike.
        signals: What the confidence was made from, by name.
        obstacle: What forbids to act on the candidate however alike it is; empty when nothing does.
    """

    action: Action
    index: int | None
    confidence: float
    reason: str
    ranking: tuple[Ranked, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)
    obstacle: str = ""


def similarity(one: Fingerprint, other: Fingerprint, model: Model = FITTED) -> float:
    """How alike two elements are, from 0 to 1; symmetric."""
    return score_of(one, other, compare(one, other), model.weights)


def decide(
    old: Fingerprint, candidates: Sequence[Fingerprint], *, others: Sequence[Fingerprint] = (), settings: Settings = DEFAULT
) -> Decision:
    """Find a lost element among those of the page, or say that it is gone.

    Args:
        old: The element when its locator last worked.
        candidates: Every element of the page of now, in any order.
        others: The other elements known on the old page; a candidate that fits one of them better is not taken.
        settings: How sure one has to be.
    """
    ranking = _with_control_first(old, candidates, _rank(old, candidates, settings))
    if not ranking:
        return Decision(action="abstain", index=None, confidence=0.0, reason="the page has no element to compare with")
    comparison = Comparison(
        old=old,
        page=candidates,
        order=[ranked.index for ranked in ranking],
        scores={ranked.index: ranked.score for ranked in ranking},
        features={ranked.index: ranked.values for ranked in ranking},
        others=others,
        score=lambda one, other: similarity(one, other, settings.model),
    )
    claim = comparison.claim(comparison.best)
    signals = signals_of(comparison, claim)
    confidence = settings.model.confidence(signals)
    obstacle = _obstacle(comparison, claim)
    action, reason = _judge(confidence, obstacle, settings)
    return Decision(
        action=action,
        index=comparison.best,
        confidence=confidence,
        reason=reason,
        ranking=ranking,
        signals=signals,
        obstacle=obstacle,
    )


def _rank(old: Fingerprint, candidates: Sequence[Fingerprint], settings: Settings) -> tuple[Ranked, ...]:
    """The best candidates, best first; of two that are equally good the one that stands first on the page, wherever it was given."""
    rough = glance(old, candidates)
    # All that are as good as the last one of the shortlist stay in, so that the order in which they were given decides nothing.
    least = min(nlargest(settings.shortlist, rough), default=0.0)
    places = [place for place, value in enumerate(rough) if value >= least]
    weights = settings.model.weights
    ranked = []
    for place in places:
        values = compare(old, candidates[place])
        ranked.append(Ranked(place, score_of(old, candidates[place], values, weights), values))
    ranked.sort(key=lambda one: (-one.score, *_place_of(candidates[one.index])))
    return tuple(ranked)


def _with_control_first(old: Fingerprint, candidates: Sequence[Fingerprint], ranking: tuple[Ranked, ...]) -> tuple[Ranked, ...]:
    """The ranking with the button, link or field itself at its head, where a part of one, such as the text in it, is best."""
    allowed = _COMPATIBLE[old.traits.kind]
    if not ranking or candidates[ranking[0].index].traits.kind in allowed:
        return ranking
    best = candidates[ranking[0].index]
    own = (one for one in ranking if candidates[one.index].traits.kind in allowed and is_part_of(candidates[one.index], best))
    control = next(own, None)
    return ranking if control is None else (control, *(one for one in ranking if one is not control))


def _place_of(one: Fingerprint) -> tuple[str, str, str]:
    return one.frame, one.shadow, one.xpath


def _obstacle(comparison: Comparison, claim: float) -> str:
    """What forbids to act on the best candidate however alike it is; empty when nothing does."""
    old, best = comparison.old.traits, comparison.page[comparison.best].traits
    if best.kind not in _COMPATIBLE[old.kind]:
        return f"the best match is a {best.kind}, and the lost element was a {old.kind}"
    if claim > 0:
        return _CLAIMED
    runner_up = next(iter(comparison.runners_up), None)
    if runner_up is not None and comparison.scores[comparison.best] - comparison.scores[runner_up] < _LEAST_LEAD:
        return "another element is as like it as the best match"
    return ""


def _judge(confidence: float, obstacle: str, settings: Settings) -> tuple[Action, str]:
    share = f"confidence {confidence:.0%}"
    if confidence >= settings.heal_at and not obstacle:
        return "heal", share
    # What is known to be something else is no proposal either: it would end in the patch.
    if confidence >= settings.propose_at and obstacle != _CLAIMED:
        return "propose", f"{obstacle} ({share})" if obstacle else f"{share} is below {settings.heal_at:.0%}"
    return "abstain", f"{obstacle} ({share})" if obstacle else f"nothing on the page is like it enough ({share})"
