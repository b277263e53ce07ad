"""Requests of a tab answered from here: a DevTools connection of our own.

WebDriver BiDi could do it, but ChromeDriver 156 handles its commands one after the other with the classic ones: a page load
that waits for an answer to one of its requests then waits for ever (measured; see docs/adr).
"""

from __future__ import annotations

import base64
import contextlib
import json
import mimetypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import websocket

from maestro_fabric.adapters.browser.engine import Reply
from maestro_fabric.adapters.browser.urls import glob_pattern
from maestro_fabric.errors import TransportError

__all__ = ["Traffic"]

_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class _Rule:
    matches: Callable[[str], bool]
    is_meant: Callable[[str], bool]
    reply: Reply | None


@dataclass(slots=True, eq=False)
class Traffic:
    """The routed requests of one case's tabs.

    Args:
        debugger: Chromium's DevTools address, ``host:port``.
    """

    debugger: str
    _rules: list[_Rule] = field(default_factory=list)
    _sockets: dict[str, websocket.WebSocket] = field(default_factory=dict)

    def add(self, target: str, url: str, is_meant: Callable[[str], bool], reply: Reply | None) -> None:
        """Answer (or block) requests of a tab; the last rule that matches wins."""
        pattern = glob_pattern(url)
        self._rules.append(_Rule(lambda seen: pattern.fullmatch(seen) is not None, is_meant, reply))
        if target not in self._sockets:
            self._sockets[target] = self._listen(target)

    def close(self) -> None:
        """Let requests go their way again."""
        for connection in self._sockets.values():
            # The browser may have closed it first.
            with contextlib.suppress(OSError, websocket.WebSocketException):
                connection.close()
        self._sockets.clear()

    def _listen(self, target: str) -> websocket.WebSocket:
        try:
            connection = websocket.create_connection(
                f"ws://{self.debugger}/devtools/page/{target}", timeout=_WITHIN_S, suppress_origin=True, enable_multithread=True
            )
            connection.send(json.dumps({"id": 1, "method": "Fetch.enable", "params": {}}))
            while json.loads(connection.recv()).get("id") != 1:
                pass
        except (OSError, websocket.WebSocketException) as exc:
            raise TransportError(f"the browser at {self.debugger} takes no DevTools connection, which route needs: {exc}") from exc
        connection.settimeout(None)
        threading.Thread(target=self._serve, args=(connection,), name="maestro-route", daemon=True).start()
        return connection

    def _serve(self, connection: websocket.WebSocket) -> None:
        number = 1
        # Closed from here or by the browser: then there is nothing left to answer.
        with contextlib.suppress(OSError, websocket.WebSocketException, ValueError):
            while True:
                event = json.loads(connection.recv())
                if event.get("method") == "Fetch.requestPaused":
                    number += 1
                    method, parameters = self._answer(event["params"])
                    connection.send(json.dumps({"id": number, "method": method, "params": parameters}))

    def _answer(self, paused: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        request = paused["request"]
        own = {"requestId": paused["requestId"]}
        for rule in reversed(self._rules):
            if rule.matches(request["url"].partition("#")[0]) and rule.is_meant(request["method"]):
                if rule.reply is None:
                    return "Fetch.failRequest", {**own, "errorReason": "BlockedByClient"}
                return "Fetch.fulfillRequest", {**own, **_fulfilment(rule.reply)}
        return "Fetch.continueRequest", own


def _fulfilment(reply: Reply) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    if reply.json is not None:
        body = json.dumps(reply.json, ensure_ascii=False, separators=(",", ":")).encode()
        headers.setdefault("content-type", "application/json")
    elif reply.path is not None:
        body = reply.path.read_bytes()
        headers.setdefault("content-type", mimetypes.guess_type(reply.path)[0] or "application/octet-stream")
    else:
        body = (reply.body or "").encode()
    return {
        "responseCode": reply.status,
        "responseHeaders": [{"name": name, "value": value} for name, value in headers.items()],
        "body": base64.b64encode(body).decode(),
    }
