"""Elements remembered while their locators work, and found again when they do not: what is asked of the page for that."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from maestro_fabric import __version__
from maestro_fabric.adapters.browser.scope import as_bool
from maestro_fabric.adapters.browser.scripts import fingerprint_script
from maestro_fabric.adapters.browser.titles import describe_target, locator_key
from maestro_fabric.config.locators import show_locator
from maestro_fabric.config.steps import LOCATOR_KEYS, Target
from maestro_fabric.errors import LocatorError
from maestro_fabric.model import Artifact, Fault, Heal, Learnt, Mark, Outcome, Status
from maestro_fabric.ports import HealAnswer, Healer, HealRequest

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["Mending", "find_again", "remember", "with_heals"]

# Steps that act. What is checked, read, counted or waited for is never looked for anywhere else.
_HEALABLE = frozenset(
    ("click", "double_click", "right_click", "hover", "fill", "type", "press", "clear", "select", "check", "uncheck", "upload", "scroll_to")
)
_WHERE = (*LOCATOR_KEYS, "name", "exact", "nth", "frame")
_STABLE_WITHIN_S = 2.0
_COMES_WITHIN_S = 1.0
_PICTURE_MS = 1500.0
_STATE = "() => `${document.readyState} ${document.querySelectorAll('*').length} ${location.href}`"


@dataclass(slots=True)
class Mending:
    """What was learnt of the elements of a case, and what the healer answered; ``of`` stands before the numbers of a set-up's steps."""

    heals: list[Heal] = field(default_factory=list)
    learnt: dict[tuple[str, str], Learnt] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    of: str = ""


def remember(scene: Scene, target: Target) -> None:
    """Tell what an element is like, once, before it is acted on; where it is known already nothing is asked of the page."""
    healer = _healer_for(scene, target)
    if healer is None:
        return
    locator = _as_json(scene, target)
    key = (_number(scene), locator)
    if key in scene.mending.learnt or not healer.wants(scene.evidence.case, *key):
        return
    # What goes wrong here goes wrong again when the element is acted on, and is told then.
    with contextlib.suppress(*scene.engine.faults.errors):
        element = _element(scene, target)
        url = scene.page.url
        asked = {"testIdAttribute": scene.settings.test_id_attribute, "withOthers": url not in scene.mending.others}
        told = json.loads(element.evaluate_all(fingerprint_script("learn"), asked))
        if told is None and scene.poll(lambda: element.count() > 0, min(_COMES_WITHIN_S, scene.limit_s(target.within))):
            told = json.loads(element.evaluate_all(fingerprint_script("learn"), asked))
        if told is not None:
            redact = scene.surroundings.redact
            others = scene.mending.others.setdefault(url, redact(_compact(told.get("others", []))))
            scene.mending.learnt[key] = Learnt(step=key[0], locator=locator, element=redact(_compact(told["element"])), others=others)


def find_again(scene: Scene, target: Target, error: LocatorError) -> Target | LocatorError:
    """Another target for an element whose locator leads to none, or to several; or the error, with what the healer says."""
    healer = _healer_for(scene, target)
    if healer is None:
        return error
    locator = _as_json(scene, target)
    case, step = scene.evidence.case, _number(scene)
    old = healer.knows(case, step, locator)
    if old is None:
        return error
    try:
        _wait_until_stable(scene)
        if _element(scene, target).count() == 1:
            return target
        candidates = json.loads(scene.page.evaluate(fingerprint_script("collect"), scene.settings.test_id_attribute))
        request = HealRequest(
            case=case,
            step=step,
            doing=scene.planned.action,
            locator=locator,
            old=old,
            candidates=candidates,
            url=scene.page.url,
            must_not_heal=_must_not_heal(target),
            may_destroy=target.heal is True,
        )
        return _follow(scene, target, error, healer, request)
    except scene.engine.faults.errors:
        # The page has gone, or does not answer: what was found out before is what to tell.
        return error


def with_heals(outcome: Outcome, mending: Mending, *, fail_on_heal: bool) -> Outcome:
    """The outcome of a case with what was learnt and answered; a healed case is marked, or fails when that is asked for."""
    heals = tuple(mending.heals)
    outcome = replace(outcome, heals=(*outcome.heals, *heals), learnt=(*outcome.learnt, *mending.learnt.values()))
    if not heals:
        return outcome
    outcome = replace(outcome, must_not_retry=True)
    healed = [heal for heal in heals if heal.action == "heal"]
    if outcome.status is not Status.PASSED or not healed:
        return outcome
    if fail_on_heal:
        lines = [f"step {heal.step}: {show_locator(heal.old)} was healed to {show_locator(heal.new)}" for heal in healed]
        message = "\n".join(["everything passed, but on healed locators, which --maestro-fail-on-heal does not allow", *lines])
        return replace(outcome, status=Status.FAILED, fault=Fault(type="Healed", message=message, location=healed[0].location))
    return replace(outcome, marks=outcome.marks | {Mark.HEALED})


def _healer_for(scene: Scene, target: Target) -> Healer | None:
    if scene.planned.action not in _HEALABLE or target.heal is False or as_bool(target.optional):
        return None
    return scene.surroundings.healer


def _follow(scene: Scene, target: Target, error: LocatorError, healer: Healer, request: HealRequest) -> Target | LocatorError:
    """Do what the healer says, and keep what it said."""
    answer = healer.answer(request)
    decision = answer.decision
    candidate = None if decision.index is None else request.candidates[decision.index]
    found, new = (None, "") if candidate is None else _locator_that_leads_to(scene, target, answer, candidate)
    action, reason = decision.action, decision.reason
    if new and healer.is_rejected(request.case, request.locator, new):
        action, reason, found, new = "abstain", "a person has rejected the element that is most like it", None, ""
    elif action != "abstain" and found is None:
        action, reason = "abstain", f"no locator leads to the element that was found, and to nothing else ({reason})"
    elif action == "heal" and not healer.take_one():
        action, reason = "propose", f"the run's budget of heals is used up ({reason})"
    heal = Heal(
        action=action,
        step=request.step,
        doing=request.doing,
        old=request.locator,
        new=new,
        confidence=round(decision.confidence, 4),
        reason=scene.surroundings.redact(reason),
        runner_up=scene.surroundings.redact(answer.runner_up),
        margin=round(answer.margin, 4),
        features=_compact({name: round(value, 3) for name, value in answer.features.items()}),
        location=scene.planned.location,
        artifacts=() if found is None else _picture(scene, found),
        engine=__version__,
    )
    scene.mending.heals.append(heal)
    if action == "heal" and found is not None:
        scene.log(f"step {heal.step}: {describe_target(target)} was lost, healed to {show_locator(new)} ({reason})")
        return found
    line = f"healing proposes {show_locator(new)}: {reason}" if action == "propose" else f"not healed: {reason}"
    return LocatorError(f"{error}\n{line}")


def _locator_that_leads_to(scene: Scene, target: Target, answer: HealAnswer, candidate: Mapping[str, Any]) -> tuple[Target | None, str]:
    """The first of the proposed locators that finds exactly the chosen element, as a target and as JSON."""
    nothing: dict[str, Any] = dict.fromkeys(_WHERE) | {"exact": False}
    wanted = [candidate.get(part, "") for part in ("xpath", "frame", "shadow")]
    for locator in answer.locators:
        found = replace(target, **(nothing | dict(locator)))
        # A locator that this driver cannot read is no locator.
        with contextlib.suppress(*scene.engine.faults.errors):
            place = json.loads(_element(scene, found).evaluate_all(fingerprint_script("placeOf"), scene.settings.test_id_attribute))
            if place is not None and [place[part] for part in ("xpath", "frame", "shadow")] == wanted:
                return found, scene.surroundings.redact(_compact(dict(locator)))
    return None, ""


def _must_not_heal(target: Target) -> str:
    """What the step itself says against going on with another element; empty when it says nothing."""
    if target.heal == "propose":
        return "the step says heal: propose"
    if as_bool(target.destructive) and target.heal is not True:
        return "the step is destructive and does not say heal: true"
    return ""


def _wait_until_stable(scene: Scene) -> None:
    seen: list[str] = []

    def is_still() -> bool:
        seen.append(str(scene.page.evaluate(_STATE)))
        return len(seen) > 2 and len(set(seen[-3:])) == 1 and seen[-1].startswith("complete")

    scene.poll(is_still, _STABLE_WITHIN_S)


def _picture(scene: Scene, found: Target) -> tuple[Artifact, ...]:
    path = scene.evidence.keep("heal", f"heal-{len(scene.mending.heals) + 1}-found.png")
    # Evidence is a gift: a page that does not give a picture can be healed all the same.
    with contextlib.suppress(*scene.engine.faults.errors, OSError):
        _element(scene, found).screenshot(path=path, timeout=_PICTURE_MS)
        return (scene.evidence.kept[-1],)
    return ()


def _number(scene: Scene) -> str:
    return f"{scene.mending.of}{scene.planned.number}"


def _element(scene: Scene, target: Target) -> Any:
    return scene.engine.locate(scene.page, target, locator_key(target) or "css")


def _as_json(scene: Scene, target: Target) -> str:
    """A locator's keys and values, those that are not their defaults."""
    given = {key: getattr(target, key) for key in _WHERE}
    return str(scene.surroundings.redact(_compact({key: value for key, value in given.items() if value not in (None, False)})))


def _compact(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
