"""Steps about HTTP: own calls, the page's requests, downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.calls import make_request
from maestro_fabric.adapters.browser.engine import Reply
from maestro_fabric.adapters.browser.evidence import below_root
from maestro_fabric.adapters.browser.locate import read_from
from maestro_fabric.adapters.browser.scope import as_bool, as_int, as_text
from maestro_fabric.adapters.browser.text import Unmet, quote, show_unmet
from maestro_fabric.adapters.browser.urls import glob_pattern, join_url
from maestro_fabric.config.steps import Answer, Download, Route
from maestro_fabric.errors import ConfigError, ExpectationFailed

if TYPE_CHECKING:
    from pathlib import Path

    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["ACTIONS"]


def _route(step: Route, scene: Scene) -> None:
    if as_bool(step.block) == (step.answer is not None):
        raise ConfigError("route needs exactly one of block: true and answer")
    reply = None if step.answer is None else _reply(step.answer, scene)
    left = [float("inf") if step.times is None else as_int(step.times)]

    def is_meant(method: str) -> bool:
        if left[0] <= 0 or (step.method is not None and method != step.method.upper()):
            return False
        left[0] -= 1
        return True

    url = step.url if step.url.startswith("*") else join_url(scene.surroundings.base_url, step.url)
    # Refused here, so that both engines say the same of a glob that is none.
    glob_pattern(url)
    scene.engine.route(url, is_meant, reply)


def _reply(answer: Answer, scene: Scene) -> Reply:
    headers = {name: as_text(value) for name, value in answer.headers.items()}
    path = below_root(scene.surroundings.root, answer.file) if answer.json is None and answer.file is not None else None
    return Reply(status=as_int(answer.status), headers=headers, json=answer.json, body=answer.body, path=path)


def _download(step: Download, scene: Scene) -> None:
    def start() -> None:
        read_from(scene, step.click, lambda element, limit_ms: element.click(timeout=limit_ms), within=step.within)

    name, path = scene.engine.download(
        scene.page, start, lambda name: scene.evidence.keep("download", name), timeout=scene.limit_ms(step.within)
    )
    if step.as_ is not None:
        scene.scope.saved[step.as_] = str(path)
    unmet = list(_unmet(step, name, path))
    if unmet:
        raise ExpectationFailed(show_unmet(unmet))


def _unmet(step: Download, name: str, path: Path) -> list[Unmet]:
    found = []
    if step.name is not None and name != step.name:
        found.append(Unmet(f"a file {quote(step.name)}", f"a file {quote(name)}"))
    if step.min_bytes is not None and path.stat().st_size < as_int(step.min_bytes):
        found.append(Unmet(f"at least {step.min_bytes} bytes", f"{path.stat().st_size} bytes"))
    if step.contains is not None:
        text = path.read_text("utf-8", "replace")
        if step.contains not in text:
            found.append(Unmet(f"a file that contains {quote(step.contains)}", quote(text)))
    return found


ACTIONS: Mapping[str, Callable[[Any, Scene], None]] = {"request": make_request, "route": _route, "download": _download}
