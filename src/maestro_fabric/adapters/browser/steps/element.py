"""Steps on one element: pointer, keyboard, fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from maestro_fabric.adapters.browser.evidence import below_root
from maestro_fabric.adapters.browser.expectations import read_elements
from maestro_fabric.adapters.browser.locate import act_on, ask_all, locate, read_from
from maestro_fabric.adapters.browser.scope import as_bool, as_seconds
from maestro_fabric.adapters.browser.scripts import READ_ELEMENTS
from maestro_fabric.adapters.browser.titles import describe_target, has_target
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.steps import Click, Drag, Fill, Press, Select, Target, Type, Upload, WaitFor
from maestro_fabric.errors import ConfigError, DeadlineExceeded, LocatorError

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["ACTIONS"]

_Button = Literal["left", "right"]


def _click(step: Click, scene: Scene, *, button: _Button = "left", times: int = 1) -> None:
    options: dict[str, Any] = {"button": button, "modifiers": step.modifiers or None}
    if step.position is not None:
        options["position"] = {"x": step.position[0], "y": step.position[1]}
    if times > 1:
        options["click_count"] = times
    act_on(scene, step, lambda element, limit_ms: element.click(timeout=limit_ms, **options))


def _hover(step: Target, scene: Scene) -> None:
    act_on(scene, step, lambda element, limit_ms: element.hover(timeout=limit_ms))


def _fill(step: Fill, scene: Scene) -> None:
    act_on(scene, step, lambda element, limit_ms: element.fill(step.value, timeout=limit_ms))


def _type(step: Type, scene: Scene) -> None:
    delay_ms = as_seconds(step.delay) * 1000
    if not has_target(step):
        scene.page.keyboard.type(step.value, delay=delay_ms)
        return
    act_on(scene, step, lambda element, limit_ms: element.press_sequentially(step.value, delay=delay_ms, timeout=limit_ms))


def _press(step: Press, scene: Scene) -> None:
    if not has_target(step):
        scene.page.keyboard.press(step.key)
        return
    act_on(scene, step, lambda element, limit_ms: element.press(step.key, timeout=limit_ms))


def _clear(step: Target, scene: Scene) -> None:
    act_on(scene, step, lambda element, limit_ms: element.clear(timeout=limit_ms))


def _select(step: Select, scene: Scene) -> None:
    act_on(scene, step, lambda element, limit_ms: element.select_option(step.option, timeout=limit_ms))


def _check(step: Target, scene: Scene) -> None:
    act_on(scene, step, lambda element, limit_ms: element.check(timeout=limit_ms))


def _uncheck(step: Target, scene: Scene) -> None:
    act_on(scene, step, lambda element, limit_ms: element.uncheck(timeout=limit_ms))


def _upload(step: Upload, scene: Scene) -> None:
    names = [step.files] if isinstance(step.files, str) else step.files
    files = [below_root(scene.surroundings.root, name) for name in names]
    act_on(scene, step, lambda element, limit_ms: element.set_input_files(files, timeout=limit_ms))


def _drag(step: Drag, scene: Scene) -> None:
    if as_bool(step.optional) and not scene.poll(lambda: locate(scene, step.source).is_visible(), step.within):
        scene.log(f"step {scene.planned.number}: {describe_target(step.source)} did not come and is optional")
        return
    # The target first: Playwright's error for a drag does not say which of the two is missing.
    read_from(scene, step.to, lambda element, limit_ms: element.wait_for(state="visible", timeout=limit_ms), within=step.within)
    goal = locate(scene, step.to)
    read_from(scene, step.source, lambda element, limit_ms: element.drag_to(goal, timeout=limit_ms), within=step.within)


def _scroll_to(step: Target, scene: Scene) -> None:
    act_on(scene, step, lambda element, limit_ms: element.scroll_into_view_if_needed(timeout=limit_ms))


def _wait_for(step: WaitFor, scene: Scene) -> None:
    if step.url is None and not has_target(step):
        raise ConfigError("wait_for needs a locator or a url")
    if step.url is not None:
        _wait_for_url(step, step.url, scene)
    if not has_target(step):
        return
    if step.state in ("hidden", "detached"):
        _wait_until_gone(step, scene)
        return
    act_on(scene, step, lambda element, limit_ms: element.wait_for(state=step.state, timeout=limit_ms))


def _wait_for_url(step: WaitFor, url: str, scene: Scene) -> None:
    from maestro_fabric.adapters.browser.urls import matches_url

    base_url = scene.surroundings.base_url
    if not scene.poll(lambda: matches_url(url, scene.page.url, base_url), step.within):
        raise DeadlineExceeded(f"waiting for the url {url} (still at {scene.page.url})", scene.limit_s(step.within))


def _wait_until_gone(step: WaitFor, scene: Scene) -> None:
    def is_gone() -> bool:
        found = read_elements(ask_all(scene, step, READ_ELEMENTS, []))
        return not found or (step.state == "hidden" and not any(one.visible for one in found))

    if not scene.poll(is_gone, step.within):
        spent = format_duration(scene.limit_s(step.within))
        raise LocatorError(f"{describe_target(step)} is still there (waited {spent} until it is {step.state})")


ACTIONS: Mapping[str, Callable[[Any, Scene], None]] = {
    "click": _click,
    "double_click": lambda step, scene: _click(step, scene, times=2),
    "right_click": lambda step, scene: _click(step, scene, button="right"),
    "hover": _hover,
    "fill": _fill,
    "type": _type,
    "press": _press,
    "clear": _clear,
    "select": _select,
    "check": _check,
    "uncheck": _uncheck,
    "upload": _upload,
    "drag": _drag,
    "scroll_to": _scroll_to,
    "wait_for": _wait_for,
}
