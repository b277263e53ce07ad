"""The step ``expect``: asks the page, in one round trip, until it is as expected or the time is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.expectations import Ambiguous, asks_for_element, check_elements, check_page, read_elements
from maestro_fabric.adapters.browser.locate import ambiguous, ask_all, locate, nearest_to
from maestro_fabric.adapters.browser.scope import as_bool
from maestro_fabric.adapters.browser.scripts import READ_ELEMENTS
from maestro_fabric.adapters.browser.text import Unmet, show_unmet
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.steps import Expect
from maestro_fabric.errors import ConfigError, ExpectationFailed

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["ACTIONS"]


def _expect(step: Expect, scene: Scene) -> None:
    if not asks_for_element(step) and step.url is None and step.title is None:
        raise ConfigError("expect needs a locator, a url or a title")
    limit_s = scene.limit_s(step.within)
    last: list[list[Unmet] | Ambiguous] = [[]]

    def is_met() -> bool:
        last[0] = _ask(step, scene)
        return last[0] == []

    if scene.poll(is_met, step.within):
        return
    if isinstance(last[0], Ambiguous):
        raise ambiguous(scene, step)
    if as_bool(step.optional) and locate(scene, step).count() == 0:
        return
    _fail(step, scene, last[0], limit_s)


def _ask(step: Expect, scene: Scene) -> list[Unmet] | Ambiguous:
    faults = scene.engine.faults
    try:
        unmet = list(check_page(step, url=lambda: scene.page.url, title=scene.page.title, base_url=scene.surroundings.base_url))
        if unmet or not asks_for_element(step):
            return unmet
        rows = _rows(step, scene)
    except faults.errors as exc:
        if faults.is_in_between(exc):
            # The next question goes to the new page.
            return [Unmet("a page that has loaded", "a page that is being replaced")]
        raise
    return check_elements(step, read_elements(rows))


def _rows(step: Expect, scene: Scene) -> Any:
    names = list(step.attribute or ())
    if step.value is None:
        return ask_all(scene, step, READ_ELEMENTS, names)
    # The value of a component that the page has defined is known in the page's own world only.
    return locate(scene, step).evaluate_all(READ_ELEMENTS, names)


def _fail(step: Expect, scene: Scene, unmet: list[Unmet], limit_s: float) -> None:
    lines = [show_unmet(unmet), f"(waited {format_duration(limit_s)}, at {scene.page.url})"]
    if any(one.seen == "no element matches" for one in unmet):
        lines.append(nearest_to(scene, step))
    message = "\n".join(line for line in lines if line)
    if not as_bool(step.soft):
        raise ExpectationFailed(message)
    scene.soft_failures.append(message)


ACTIONS: Mapping[str, Callable[[Any, Scene], None]] = {"expect": _expect}
