"""Steps between pages, tabs and dialogs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.scope import as_bool, as_int
from maestro_fabric.adapters.browser.urls import matches_url
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.steps import CloseTab, Dialog, Move, Open, SwitchTab
from maestro_fabric.errors import ConfigError, LocatorError, TransportError

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.engine import Tab
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["ACTIONS"]


def _open(step: Open, scene: Scene) -> None:
    address = scene.absolute(step.url)
    _navigate(scene, step, address, lambda limit_ms: scene.page.goto(address, wait_until=step.until, timeout=limit_ms))


def _go_back(step: Move, scene: Scene) -> None:
    _navigate(scene, step, "the page before", lambda limit_ms: scene.page.go_back(wait_until=step.until, timeout=limit_ms))


def _reload(step: Move, scene: Scene) -> None:
    _navigate(scene, step, scene.page.url, lambda limit_ms: scene.page.reload(wait_until=step.until, timeout=limit_ms))


def _navigate(scene: Scene, step: Open | Move, goal: str, go: Callable[[float], object]) -> None:
    limit_ms = scene.limit_ms(step.within)
    try:
        go(limit_ms)
    except scene.engine.faults.timeouts as exc:
        raise TransportError(
            f"{goal} did not reach {step.until!r} within {format_duration(limit_ms / 1000)}; is it slow, or does something on it hang?"
        ) from exc


def _switch_tab(step: SwitchTab, scene: Scene) -> None:
    found: list[Tab] = []

    def is_there() -> bool:
        found[:] = _matching(step, scene)
        return bool(found)

    if not scene.poll(is_there, step.within):
        tabs = "\n".join(f"  {number}. {page.url}" for number, page in enumerate(scene.engine.tabs(), start=1))
        raise LocatorError(f"no such tab; open are:\n{tabs}")
    scene.page = found[-1]
    scene.page.bring_to_front()


def _matching(step: SwitchTab, scene: Scene) -> list[Tab]:
    pages = scene.engine.tabs()
    if step.number is not None:
        number = as_int(step.number)
        return pages[number - 1 : number] if number > 0 else []
    if step.url is not None:
        return [page for page in pages if _has_url(page, step.url, scene)][:1]
    if step.title is not None:
        return [page for page in pages if step.title in page.title()][:1]
    if not as_bool(step.newest):
        raise ConfigError("switch_tab needs number, url, title or newest: true")
    # The newest is another one than the current, or it has not been opened yet.
    return pages[-1:] if pages[-1] is not scene.page else []


def _has_url(page: Tab, url: str, scene: Scene) -> bool:
    return url in page.url or matches_url(url, page.url, scene.surroundings.base_url)


def _close_tab(_: CloseTab, scene: Scene) -> None:
    pages = scene.engine.tabs()
    if len(pages) < 2:
        raise LocatorError("this is the only tab: open another one before closing it")
    place = pages.index(scene.page)
    scene.page.close()
    scene.page = pages[place - 1] if place > 0 else pages[1]


def _dialog(step: Dialog, scene: Scene) -> None:
    scene.dialogs.check_came()
    scene.dialogs.prepare(step)


ACTIONS: Mapping[str, Callable[[Any, Scene], None]] = {
    "open": _open,
    "go_back": _go_back,
    "reload": _reload,
    "switch_tab": _switch_tab,
    "close_tab": _close_tab,
    "dialog": _dialog,
}
