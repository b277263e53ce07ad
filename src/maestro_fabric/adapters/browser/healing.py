"""Elements of steps, remembered while their locators work, and found again when they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.locators import frames_of, locator_of
from maestro_fabric.adapters.browser.looks import Looks
from maestro_fabric.adapters.browser.scope import as_bool
from maestro_fabric.adapters.browser.scripts import learn_found_script
from maestro_fabric.adapters.browser.search import PICTURE_MS, Mending, Search, Way, as_compact_json, is_to_be_learnt, learn, look_again
from maestro_fabric.adapters.browser.titles import describe_target, locator_key
from maestro_fabric.config.locators import show_locator
from maestro_fabric.config.steps import LOCATOR_KEYS, Target
from maestro_fabric.errors import LocatorError
from maestro_fabric.model import Fault, Heal, Mark, Outcome, Status
from maestro_fabric.ports import Healer

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["Mending", "find_again", "line_of", "remember", "with_heals"]

# Steps that act. What is checked, read, counted or waited for is never looked for anywhere else.
_HEALABLE = frozenset(
    ("click", "double_click", "right_click", "hover", "fill", "type", "press", "clear", "select", "check", "uncheck", "upload", "scroll_to")
)
_WHERE = (*LOCATOR_KEYS, "name", "exact", "nth", "frame")
_COMES_WITHIN_S = 1.0


def remember(scene: Scene, target: Target) -> None:
    """Tell what an element is like, once, before it is acted on; where it is known already nothing is asked of the page."""
    healer = _healer_for(scene, target)
    if healer is not None and is_to_be_learnt(healer, scene.mending, scene.evidence.case, _number(scene), _as_json(scene, target)):
        learn(_search(scene, target), scene.mending, min(_COMES_WITHIN_S, scene.limit_s(target.within)))


def find_again(scene: Scene, target: Target, error: LocatorError) -> Target | LocatorError:
    """Another target for an element whose locator leads to none, or to several; or the error, with what the healer says."""
    healer = _healer_for(scene, target)
    answer = None if healer is None else look_again(_search(scene, target), healer, scene.mending)
    if answer is None:
        return error
    heal, way = answer.heal, answer.way
    if answer.trouble:
        return LocatorError(f"{error}\nnot healed: {answer.trouble}")
    if heal is None:
        return target
    if way is None:
        return LocatorError(f"{error}\n{line_of(heal)}")
    scene.log(f"step {heal.step}: {describe_target(target)} was lost, healed to {show_locator(heal.new)} ({heal.reason})")
    return way.found


def line_of(heal: Heal) -> str:
    """What is said to who must not go on."""
    return f"healing proposes {show_locator(heal.new)}: {heal.reason}" if heal.action == "propose" else f"not healed: {heal.reason}"


def with_heals(outcome: Outcome, mending: Mending, *, fail_on_heal: bool) -> Outcome:
    """The outcome of a case with what was learnt and answered; a healed case is marked, or fails when that is asked for."""
    heals = tuple(mending.heals)
    if outcome.status is Status.PASSED and mending.looks is not None:
        # Pictures are a gift: a full disk fails no case.
        with suppress(OSError):
            mending.looks.keep()
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


def _search(scene: Scene, target: Target) -> Search[Target]:
    if scene.mending.looks is None:
        scene.mending.looks = Looks(scene.evidence.artifacts.parent / "looks")
    where = frames_of(target), locator_of(target, locator_key(target) or "css", scene.settings.test_id_attribute)
    return Search(
        case=scene.evidence.case,
        step=_number(scene),
        doing=scene.planned.action,
        locator=_as_json(scene, target),
        element=_element(scene, target),
        page=scene.page,
        errors=scene.engine.faults.errors,
        poll=scene.poll,
        redact=scene.surroundings.redact,
        test_id_attribute=scene.settings.test_id_attribute,
        ways=lambda locator, _candidate: _ways(scene, target, locator),
        evidence=scene.evidence,
        ask=lambda script, arg: scene.engine.ask(scene.page, script, arg),
        picture=_picture_of(scene),
        find_and_learn=lambda asked: scene.engine.ask_often(scene.page, learn_found_script(), [*where, asked]),
        location=scene.planned.location,
        must_not_heal=_must_not_heal(target),
        may_destroy=target.heal is True,
    )


def _picture_of(scene: Scene) -> Callable[[], bytes] | None:
    """Takes a picture, where that is not off; after a secret was used it might show it."""
    if scene.settings.screenshot == "off" or scene.scope.used_secret:
        return None
    return lambda: scene.engine.picture(scene.page, PICTURE_MS)


def _number(scene: Scene) -> str:
    return f"{scene.mending.of}{scene.planned.number}"


def _ways(scene: Scene, target: Target, locator: Mapping[str, Any]) -> Iterator[Way[Target]]:
    nothing: dict[str, Any] = dict.fromkeys(_WHERE) | {"exact": False}
    found = replace(target, **(nothing | dict(locator)))
    yield Way(found, _element(scene, found), scene.surroundings.redact(as_compact_json(dict(locator))))


def _must_not_heal(target: Target) -> str:
    """What the step itself says against going on with another element; empty when it says nothing."""
    if target.heal == "propose":
        return "the step says heal: propose"
    if as_bool(target.destructive) and target.heal is not True:
        return "the step is destructive and does not say heal: true"
    return ""


def _element(scene: Scene, target: Target) -> Any:
    return scene.engine.locate(scene.page, target, locator_key(target) or "css")


def _as_json(scene: Scene, target: Target) -> str:
    """A locator's keys and values, those that are not their defaults."""
    given = {key: getattr(target, key) for key in _WHERE}
    return str(scene.surroundings.redact(as_compact_json({key: value for key, value in given.items() if value not in (None, False)})))
