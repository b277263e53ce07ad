"""Steps about HTTP: own calls, the page's requests, downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.evidence import below_root
from maestro_fabric.adapters.browser.responses import Response, check_response
from maestro_fabric.adapters.browser.scope import as_bool, as_int, as_text
from maestro_fabric.adapters.browser.text import Unmet, quote, show_unmet
from maestro_fabric.adapters.browser.urls import join_url
from maestro_fabric.adapters.playwright.locate import read_from
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.steps import Answer, Download, Request, Route
from maestro_fabric.errors import ConfigError, ExpectationFailed, TransportError

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Download as PageDownload
    from playwright.sync_api import Route as PageRoute

    from maestro_fabric.adapters.playwright.scene import Scene

__all__ = ["ACTIONS"]

_METHODS = ("get", "post", "put", "patch", "delete", "head")


def _request(step: Request, scene: Scene) -> None:
    response = _fetch(step, scene)
    scene.responses[""] = response
    if step.as_ is not None:
        scene.responses[step.as_] = response
        scene.scope.saved[step.as_] = response.as_saved()
    unmet = check_response(step.expect, response) if step.expect is not None else []
    if unmet:
        raise ExpectationFailed(show_unmet(unmet))


def _fetch(step: Request, scene: Scene) -> Response:
    methods = [method for method in _METHODS if getattr(step, method) is not None]
    if len(methods) != 1:
        raise ConfigError(f"request needs exactly one of {', '.join(_METHODS)}, and has {', '.join(methods) or 'none'}")
    options: dict[str, Any] = {"headers": {name: as_text(value) for name, value in step.headers.items()}, **_content(step)}
    if step.query:
        options["params"] = step.query
    if not as_bool(step.follow):
        options["max_redirects"] = 0
    answer = scene.browser_context.request.fetch(
        scene.absolute(getattr(step, methods[0])), method=methods[0].upper(), timeout=scene.limit_ms(step.within), **options
    )
    try:
        text = answer.body().decode("utf-8", "replace")
        return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, text)
    finally:
        answer.dispose()


def _content(step: Request) -> dict[str, Any]:
    if step.json is not None:
        # Text with its own header: Playwright sends a JSON string as it is, without quotation marks.
        import json

        return {"data": json.dumps(step.json).encode(), "headers": {"content-type": "application/json", **step.headers}}
    if step.form is not None:
        return {"form": {name: as_text(value) for name, value in step.form.items()}}
    return {"data": step.body} if step.body is not None else {}


def _route(step: Route, scene: Scene) -> None:
    if as_bool(step.block) == (step.answer is not None):
        raise ConfigError("route needs exactly one of block: true and answer")
    reply = {} if step.answer is None else _reply(step.answer, scene)
    left = [float("inf") if step.times is None else as_int(step.times)]

    def handle(route: PageRoute) -> None:
        if left[0] <= 0 or (step.method is not None and route.request.method != step.method.upper()):
            route.fallback()
            return
        left[0] -= 1
        if step.answer is None:
            route.abort("blockedbyclient")
        else:
            route.fulfill(**reply)

    url = step.url if step.url.startswith("*") else join_url(scene.surroundings.base_url, step.url)
    scene.browser_context.route(url, handle)


def _reply(answer: Answer, scene: Scene) -> dict[str, Any]:
    reply: dict[str, Any] = {"status": as_int(answer.status)}
    if answer.headers:
        reply["headers"] = {name: as_text(value) for name, value in answer.headers.items()}
    if answer.json is not None:
        reply["json"] = answer.json
    elif answer.file is not None:
        reply["path"] = below_root(scene.surroundings.root, answer.file)
    else:
        reply["body"] = answer.body or ""
    return reply


def _download(step: Download, scene: Scene) -> None:
    download = _start(step, scene)
    path = scene.evidence.keep("download", download.suggested_filename)
    problem = download.failure()
    if problem is not None:
        raise TransportError(f"the download of {download.url} broke off: {problem}")
    download.save_as(path)
    if step.as_ is not None:
        scene.scope.saved[step.as_] = str(path)
    unmet = list(_unmet(step, download.suggested_filename, path))
    if unmet:
        raise ExpectationFailed(show_unmet(unmet))


def _start(step: Download, scene: Scene) -> PageDownload:
    from playwright.sync_api import TimeoutError  # noqa: A004 - Playwright's own name

    limit_ms = scene.limit_ms(step.within)
    try:
        with scene.page.expect_download(timeout=limit_ms) as waiting:
            read_from(scene, step.click, lambda element, limit_ms: element.click(timeout=limit_ms), within=step.within)
        return waiting.value
    except TimeoutError as exc:
        raise TransportError(f"no download began within {format_duration(limit_ms / 1000)} of the click") from exc


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


ACTIONS: Mapping[str, Callable[[Any, Scene], None]] = {"request": _request, "route": _route, "download": _download}
