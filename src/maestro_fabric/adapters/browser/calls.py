"""The step ``request``: a call over HTTP built from it, made once or until its answer is as wanted, and told when it is not."""

from __future__ import annotations

import base64
import json
import mimetypes
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.engine import HttpCall
from maestro_fabric.adapters.browser.evidence import below_root
from maestro_fabric.adapters.browser.responses import Response, check_response
from maestro_fabric.adapters.browser.scope import as_bool, as_seconds, as_text
from maestro_fabric.adapters.browser.text import Unmet, show_unmet
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.steps import Request
from maestro_fabric.errors import ConfigError, ExpectationFailed

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["Exchange", "make_request", "show_exchange"]

_METHODS = ("get", "post", "put", "patch", "delete", "head")
_EVERY_S = 0.5
_MAX_BODY = 20_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and its answer; ``None`` when none came."""

    call: HttpCall
    response: Response | None


def make_request(step: Request, scene: Scene) -> None:
    """Call, keep the answer, and compare it.

    Raises:
        ExpectationFailed: when the answer is not as expected, or never became so.
        ConfigError: when the step cannot be read.
    """
    call = _build_call(step, scene)
    response, unmet = _ask(step, call, scene)
    scene.responses[""] = response
    if step.keep is not None:
        path = scene.evidence.keep("response", step.keep)
        path.write_bytes(response.content)
    if step.as_ is not None:
        scene.responses[step.as_] = response
        scene.scope.saved[step.as_] = response.as_saved() | ({"path": str(path)} if step.keep is not None else {})
    if not unmet and step.expect is not None:
        unmet = check_response(step.expect, response, scene.surroundings.root)
    if unmet:
        raise ExpectationFailed(f"{show_unmet(unmet)}\n{_answered(call, response)}")


def _ask(step: Request, call: HttpCall, scene: Scene) -> tuple[Response, list[Unmet]]:
    """The answer, the last one when it is asked for repeatedly, and what it is not of what was waited for."""
    if step.until is None:
        return _exchange(call, scene), []
    every_s = _EVERY_S if step.every is None else as_seconds(step.every)
    clock = scene.surroundings.clock
    give_up = clock.monotonic() + scene.limit_s(step.within)
    last: tuple[Response, list[Unmet]] | None = None
    while True:
        try:
            response = _exchange(replace(call, timeout=max(1.0, (give_up - clock.monotonic()) * 1000)), scene)
        except scene.engine.faults.errors:
            # What is waited for may not even listen yet; only when it never answered is that what to tell.
            if clock.monotonic() + every_s >= give_up and last is None:
                raise
        else:
            last = response, check_response(step.until, response, scene.surroundings.root)
        is_late = clock.monotonic() + every_s >= give_up
        if last is not None and (is_late or not last[1]):
            return last
        scene.page.wait_for_timeout(every_s * 1000)


def _exchange(call: HttpCall, scene: Scene) -> Response:
    clock = scene.surroundings.clock
    started = clock.monotonic()
    response: Response | None = None
    try:
        response = scene.engine.fetch(call)
        if not response.duration_s:
            response = replace(response, duration_s=clock.monotonic() - started)
        return response
    finally:
        scene.exchanges.append(Exchange(call, response))


def _build_call(step: Request, scene: Scene) -> HttpCall:
    methods = [method for method in _METHODS if getattr(step, method) is not None]
    if len(methods) != 1:
        raise ConfigError(f"request needs exactly one of {', '.join(_METHODS)}, and has {', '.join(methods) or 'none'}")
    headers = {name: as_text(value) for name, value in step.headers.items()}
    if step.auth is not None:
        headers = {"authorization": basic_auth(*step.auth), **headers}
    body, form, kind = _content(step, scene.surroundings.root)
    return HttpCall(
        method=methods[0].upper(),
        url=scene.absolute(getattr(step, methods[0])),
        headers={"content-type": kind, **headers} if kind and not _has(headers, "content-type") else headers,
        query=step.query,
        body=body,
        form=form,
        follow=as_bool(step.follow),
        timeout=scene.limit_ms(step.within),
    )


def basic_auth(user: str, password: str) -> str:
    """The header ``authorization`` for a name and a password.

    Source:
        RFC 7617.
    """
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _content(step: Request, root: Path) -> tuple[bytes | str | None, dict[str, str] | None, str]:
    """The body or the form, and the type of the body when the step implies one."""
    form = None if step.form is None else {name: as_text(value) for name, value in step.form.items()}
    if step.json is not None:
        # Bytes with their own header: Playwright sends a JSON string as it is, without quotation marks.
        return json.dumps(step.json).encode(), None, "application/json"
    if step.files:
        boundary = uuid.uuid4().hex
        return b"".join(_parts(form or {}, step.files, root, boundary)), None, f"multipart/form-data; boundary={boundary}"
    if step.file is not None:
        path = below_root(root, step.file)
        return path.read_bytes(), None, mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return step.body, form, ""


def _parts(form: Mapping[str, str], files: Mapping[str, str | list[str]], root: Path, boundary: str) -> Iterator[bytes]:
    """The body of a form with files.

    Source:
        RFC 7578, and https://html.spec.whatwg.org/#multipart-form-data for the escapes in names.
    """
    for name, value in form.items():
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="{_escaped(name)}"\r\n\r\n{value}\r\n'.encode()
    for name, given in files.items():
        for path in (below_root(root, one) for one in ([given] if isinstance(given, str) else given)):
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            yield f'--{boundary}\r\nContent-Disposition: form-data; name="{_escaped(name)}"; filename="{_escaped(path.name)}"\r\n'.encode()
            yield f"Content-Type: {kind}\r\n\r\n".encode() + path.read_bytes() + b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _escaped(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _has(headers: Mapping[str, str], name: str) -> bool:
    return any(header.lower() == name for header in headers)


def _answered(call: HttpCall, response: Response) -> str:
    return f"({call.method} {response.url or call.url} answered {response.status} in {format_duration(round(response.duration_s, 3))})"


def show_exchange(exchange: Exchange) -> str:
    """The call and its answer as HTTP writes them, long bodies cut."""
    call, response = exchange.call, exchange.response
    sent = call.body if call.form is None else json.dumps(call.form, ensure_ascii=False)
    query = "".join(f"\n  ?{name}={value}" for name, value in call.query.items())
    asked = [f"{call.method} {call.url}{query}", *(f"{name}: {value}" for name, value in call.headers.items()), "", _shown(sent)]
    if response is None:
        return "\n".join([*asked, "", "no answer came"])
    got = [f"{response.status} {response.url}".rstrip(), *(f"{name}: {value}" for name, value in response.headers.items())]
    return "\n".join([*asked, "", *got, f"({response.duration_s:.3f} s)", "", _shown(response.text)])


def _shown(body: Any) -> str:
    if isinstance(body, bytes):
        try:
            body = body.decode()
        except UnicodeDecodeError:
            return f"({len(body)} bytes that are no text)"
    text = body or ""
    return text if len(text) <= _MAX_BODY else f"{text[:_MAX_BODY]}\n… {len(text) - _MAX_BODY} more characters"
