"""From a step's target to an element of the engine, and to the error when it does not lead to an element to act on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from maestro_fabric.adapters.browser.candidates import nearest, plural_of, read_candidates, show_candidates
from maestro_fabric.adapters.browser.engine import Element
from maestro_fabric.adapters.browser.healing import find_again, remember
from maestro_fabric.adapters.browser.scope import as_bool
from maestro_fabric.adapters.browser.scripts import COLLECT_CANDIDATES, DESCRIBE_MATCHES
from maestro_fabric.adapters.browser.titles import describe_target, locator_key
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.steps import Target
from maestro_fabric.errors import ConfigError, ElementNotReady, LocatorError, MaestroError

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["act_on", "ambiguous", "ask_all", "locate", "nearest_to", "read_from"]

Result = TypeVar("Result")


def act_on(scene: Scene, target: Target, act: Callable[[Element, float], object], *, within: float | str | None = None) -> None:
    """Find the element and act on it, in one call of the browser; an optional one that does not come is left alone.

    Args:
        scene: The case.
        target: The element.
        act: Gets the locator and the time in milliseconds.
        within: The step's time, when the target is only a part of the step.

    Raises:
        LocatorError: when no element matches, or several.
        ElementNotReady: when it is there but cannot be acted on.
    """
    if as_bool(target.optional) and not _comes(scene, target, within):
        scene.log(f"step {scene.planned.number}: {describe_target(target)} did not come and is optional")
        return
    read_from(scene, target, act, within=within)


def read_from(scene: Scene, target: Target, read: Callable[[Element, float], Result], *, within: float | str | None = None) -> Result:
    """What is read from the one element that matches.

    Raises:
        LocatorError: when no element matches, or several.
        ElementNotReady: when it is there but cannot be acted on.
    """
    limit = target.within if within is None else within
    limit_ms = scene.limit_ms(limit)
    remember(scene, target)
    try:
        return read(locate(scene, target), limit_ms)
    except scene.engine.faults.errors as exc:
        error = _explain(exc, scene, target, limit_ms)
        found = find_again(scene, target, error) if isinstance(error, LocatorError) else error
        if not isinstance(found, Target):
            raise found from exc
    try:
        return read(locate(scene, found), scene.limit_ms(limit))
    except scene.engine.faults.errors as exc:
        raise _explain(exc, scene, found, limit_ms) from exc


def locate(scene: Scene, target: Target) -> Element:
    """The element; nothing is asked of the page.

    Raises:
        ConfigError: when no locator key is given.
    """
    return scene.engine.locate(scene.page, target, _key_of(target))


def ask_all(scene: Scene, target: Target, script: str, arg: Any) -> Any:
    """What a function of all elements that match now, and of ``arg``, gives; nothing is waited for.

    Raises:
        ConfigError: when no locator key is given.
    """
    return scene.engine.ask_all(scene.page, target, _key_of(target), script, arg)


def ambiguous(scene: Scene, target: Target) -> LocatorError:
    """The error for several matches where one is meant: how many, and how to tell them apart."""
    matches = read_candidates(ask_all(scene, target, DESCRIBE_MATCHES, scene.settings.test_id_attribute))
    proposals = list(dict.fromkeys(match.locator() for match in matches))
    hint = show_candidates(proposals[:3]) if len(proposals) > 1 else "add nth, or a locator that only one has"
    return LocatorError(f"{len(matches)} {plural_of(target, matches)} match {describe_target(target)}; {hint}")


def nearest_to(scene: Scene, target: Target) -> str:
    """The line with the elements that may have been meant; empty when nothing is near or the page does not answer."""
    try:
        pages = scene.engine.ask_frames(scene.page, COLLECT_CANDIDATES, scene.settings.test_id_attribute)
    except scene.engine.faults.errors:
        return ""
    return show_candidates(nearest(target, read_candidates(row for rows in pages for row in rows)))


def _comes(scene: Scene, target: Target, within: float | str | None) -> bool:
    faults = scene.engine.faults
    limit_ms = scene.limit_ms(target.within if within is None else within)
    try:
        locate(scene, target).wait_for(state="visible", timeout=limit_ms)
    except faults.timeouts:
        return False
    except faults.errors as exc:
        raise _explain(exc, scene, target, limit_ms) from exc
    return True


def _explain(exc: Exception, scene: Scene, target: Target, limit_ms: float) -> MaestroError:
    faults = scene.engine.faults
    if faults.is_ambiguous(exc):
        return ambiguous(scene, target)
    if not isinstance(exc, faults.timeouts):
        return faults.translate(exc)
    spent = format_duration(limit_ms / 1000)
    reason = faults.reason_not_ready(exc)
    if reason is not None:
        return ElementNotReady(f"{describe_target(target)} is there, but {reason} (waited {spent})")
    lines = [f"no element matches {describe_target(target)} (waited {spent}, at {scene.page.url})", nearest_to(scene, target)]
    return LocatorError("\n".join(line for line in lines if line))


def _key_of(target: Target) -> str:
    key = locator_key(target)
    if key is None:
        raise ConfigError(f"an element is needed here: {describe_target(target) or 'no locator key is given'}")
    return key
