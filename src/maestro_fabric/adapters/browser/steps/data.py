"""Steps that keep, compute or write something."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.json_paths import MISSING, value_at
from maestro_fabric.adapters.browser.locate import act_on, locate, read_from
from maestro_fabric.adapters.browser.printed import printed_to
from maestro_fabric.adapters.browser.scope import as_bool
from maestro_fabric.adapters.browser.text import fold, quote
from maestro_fabric.adapters.browser.titles import has_target
from maestro_fabric.config.steps import Call, Log, RunJs, Save, Screenshot, SetCookie, Target
from maestro_fabric.errors import ConfigError, LocatorError, MaestroError

if TYPE_CHECKING:
    from pathlib import Path

    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["ACTIONS"]


def _save(step: Save, scene: Scene) -> None:
    sources = [name for name in _SOURCES if getattr(step, name) is not None]
    if len(sources) != 1:
        raise ConfigError(f"save needs exactly one of {', '.join(_SOURCES)}, and has {', '.join(sources) or 'none'}")
    scene.scope.saved[step.as_] = _SOURCES[sources[0]](step, scene)


def _text_of(step: Save, scene: Scene) -> str:
    return fold(read_from(scene, _given(step.text), lambda element, limit_ms: element.inner_text(timeout=limit_ms), within=step.within))


def _value_of(step: Save, scene: Scene) -> str:
    return read_from(scene, _given(step.value), lambda element, limit_ms: element.input_value(timeout=limit_ms), within=step.within)


def _attribute_of(step: Save, scene: Scene) -> str:
    name, target = step.attribute or "", _given(step.of)
    value = read_from(scene, target, lambda element, limit_ms: element.get_attribute(name, timeout=limit_ms), within=step.within)
    if value is None:
        raise LocatorError(f"the element has no attribute {name!r}")
    return value


def _json_of(step: Save, scene: Scene) -> Any:
    response = scene.responses.get(step.response or "")
    if response is None:
        raise ConfigError(f"no request was made as {step.response!r}" if step.response else "no request was made before")
    value = value_at(step.json or "", response.json)
    if value is MISSING:
        raise MaestroError(f"nothing at {step.json} in {quote(fold(response.text))}")
    return value


def _given(target: Target | None) -> Target:
    if target is None:
        raise ConfigError("save: attribute needs the element under of")
    return target


_SOURCES: Mapping[str, Callable[[Save, Scene], Any]] = {
    "text": _text_of,
    "value": _value_of,
    "attribute": _attribute_of,
    "count": lambda step, scene: locate(scene, _given(step.count)).count(),
    "url": lambda _, scene: scene.page.url,
    "title": lambda _, scene: scene.page.title(),
    "json": _json_of,
}


def _run_js(step: RunJs, scene: Scene) -> None:
    result = scene.page.evaluate(step.script, step.arg)
    if step.as_ is not None:
        scene.scope.saved[step.as_] = result


def _call(step: Call, scene: Scene) -> None:
    module_name, function_name = step.function.split(":")
    with _importable(scene.surroundings.root), printed_to(scene.log):
        try:
            function = getattr(importlib.import_module(module_name), function_name)
        except (ImportError, AttributeError) as exc:
            raise ConfigError(f"call: {step.function} cannot be imported from {scene.surroundings.root}: {exc}") from exc
        result = function(scene.engine.for_calls(scene.page), scene.scope.for_calls(scene.planned.scope), **step.with_)
    if step.as_ is not None:
        scene.scope.saved[step.as_] = result


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))


def _log(step: Log, scene: Scene) -> None:
    scene.log(step.message)


def _screenshot(step: Screenshot, scene: Scene) -> None:
    path = scene.evidence.keep("screenshot", f"{step.as_}.png")
    if has_target(step):
        act_on(scene, step, lambda element, limit_ms: element.screenshot(path=path, timeout=limit_ms))
    else:
        scene.page.screenshot(path=path, full_page=as_bool(step.full_page), timeout=scene.limit_ms(step.within))


def _set_cookie(step: SetCookie, scene: Scene) -> None:
    cookie: Any = {"name": step.name, "value": step.value, "httpOnly": as_bool(step.http_only), "secure": as_bool(step.secure)}
    if step.same_site is not None:
        cookie["sameSite"] = step.same_site
    scene.engine.set_cookie(cookie | _place(step, scene))


def _place(step: SetCookie, scene: Scene) -> dict[str, str]:
    """A URL, or a domain with a path."""
    if step.domain is not None:
        return {"domain": step.domain, "path": step.path or "/"}
    current = scene.page.url if scene.page.url.startswith("http") else scene.surroundings.base_url
    url = scene.absolute(step.url) if step.url is not None else current
    if not url:
        raise ConfigError("set_cookie needs a url or domain: no page is open, and there is no base_url")
    if step.path is None:
        return {"url": url}
    from urllib.parse import urlsplit

    return {"domain": urlsplit(url).hostname or "", "path": step.path}


ACTIONS: Mapping[str, Callable[[Any, Scene], None]] = {
    "save": _save,
    "run_js": _run_js,
    "call": _call,
    "log": _log,
    "screenshot": _screenshot,
    "set_cookie": _set_cookie,
}
