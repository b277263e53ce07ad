"""From a step's target to Playwright's locator, and to the error when it does not lead to an element to act on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from maestro_fabric.adapters.browser.candidates import nearest, plural_of, read_candidates, show_candidates
from maestro_fabric.adapters.browser.scope import as_bool, as_int
from maestro_fabric.adapters.browser.scripts import COLLECT_CANDIDATES, DESCRIBE_MATCHES
from maestro_fabric.adapters.browser.titles import describe_target, locator_key
from maestro_fabric.adapters.playwright.faults import reason_not_ready, translate
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.steps import Target
from maestro_fabric.errors import ConfigError, ElementNotReady, LocatorError, MaestroError

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Locator, Page

    from maestro_fabric.adapters.playwright.scene import Scene

__all__ = ["act_on", "ambiguous", "locate", "nearest_to", "read_from"]

Result = TypeVar("Result")


def act_on(scene: Scene, target: Target, act: Callable[[Locator, float], object], *, within: float | str | None = None) -> None:
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


def read_from(scene: Scene, target: Target, read: Callable[[Locator, float], Result], *, within: float | str | None = None) -> Result:
    """What is read from the one element that matches.

    Raises:
        LocatorError: when no element matches, or several.
        ElementNotReady: when it is there but cannot be acted on.
    """
    from playwright.sync_api import Error

    limit = target.within if within is None else within
    limit_ms = scene.limit_ms(limit)
    try:
        return read(locate(scene, target), limit_ms)
    except Error as exc:
        raise _explain(exc, scene, target, limit_ms) from exc


def locate(scene: Scene, target: Target) -> Locator:
    """The locator; nothing is asked of the page."""
    key = locator_key(target)
    if key is None:
        raise ConfigError(f"an element is needed here: {describe_target(target) or 'no locator key is given'}")
    root: Page | FrameLocator = scene.page
    for frame in [target.frame] if isinstance(target.frame, str) else target.frame or []:
        root = root.frame_locator(frame)
    found = _BY_KEY[key](root, target, scene)
    if target.nth is None:
        return found
    number = as_int(target.nth)
    return found.nth(number - 1 if number > 0 else number)


def ambiguous(scene: Scene, target: Target) -> LocatorError:
    """The error for several matches where one is meant: how many, and how to tell them apart."""
    matches = read_candidates(locate(scene, target).evaluate_all(DESCRIBE_MATCHES, scene.settings.test_id_attribute))
    proposals = list(dict.fromkeys(match.locator() for match in matches))
    hint = show_candidates(proposals[:3]) if len(proposals) > 1 else "add nth, or a locator that only one has"
    return LocatorError(f"{len(matches)} {plural_of(target, matches)} match {describe_target(target)}; {hint}")


def nearest_to(scene: Scene, target: Target) -> str:
    """The line with the elements that may have been meant; empty when nothing is near or the page does not answer."""
    from playwright.sync_api import Error

    try:
        frames = [frame for frame in scene.page.frames if not frame.is_detached()][:5]
        rows = [row for frame in frames for row in frame.evaluate(COLLECT_CANDIDATES, scene.settings.test_id_attribute)]
    except Error:
        return ""
    return show_candidates(nearest(target, read_candidates(rows)))


def _comes(scene: Scene, target: Target, within: float | str | None) -> bool:
    from playwright.sync_api import Error, TimeoutError  # noqa: A004 - Playwright's own name

    limit_ms = scene.limit_ms(target.within if within is None else within)
    try:
        locate(scene, target).wait_for(state="visible", timeout=limit_ms)
    except TimeoutError:
        return False
    except Error as exc:
        raise _explain(exc, scene, target, limit_ms) from exc
    return True


def _explain(exc: Any, scene: Scene, target: Target, limit_ms: float) -> MaestroError:
    from playwright.sync_api import TimeoutError  # noqa: A004 - Playwright's own name

    text = str(exc)
    if "strict mode violation" in text:
        return ambiguous(scene, target)
    if not isinstance(exc, TimeoutError):
        return translate(exc)
    spent = format_duration(limit_ms / 1000)
    reason = reason_not_ready(text)
    if reason is not None:
        return ElementNotReady(f"{describe_target(target)} is there, but {reason} (waited {spent})")
    lines = [f"no element matches {describe_target(target)} (waited {spent}, at {scene.page.url})", nearest_to(scene, target)]
    return LocatorError("\n".join(line for line in lines if line))


def _by_role(root: Any, target: Target, _: Scene) -> Locator:
    role: Any = target.role
    found: Locator = (
        root.get_by_role(role, name=target.name, exact=as_bool(target.exact)) if target.name is not None else root.get_by_role(role)
    )
    return found


def _by_test_id(root: Any, target: Target, scene: Scene) -> Locator:
    # Not get_by_test_id: its attribute is one for the whole process, here it is the suite's.
    found: Locator = root.locator(f"css=[{scene.settings.test_id_attribute}={json.dumps(target.test_id, ensure_ascii=False)}]")
    return found


_BY_KEY: dict[str, Callable[[Any, Target, Scene], Locator]] = {
    "css": lambda root, target, _: root.locator(f"css={target.css}"),
    "xpath": lambda root, target, _: root.locator(f"xpath={target.xpath}"),
    "role": _by_role,
    "label": lambda root, target, _: root.get_by_label(target.label, exact=as_bool(target.exact)),
    "text": lambda root, target, _: root.get_by_text(target.text, exact=as_bool(target.exact)),
    "placeholder": lambda root, target, _: root.get_by_placeholder(target.placeholder, exact=as_bool(target.exact)),
    "test_id": _by_test_id,
}
