"""A small HTTP interface to test against, and what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["Api", "serving"]


@dataclass
class Api:
    """A running server.

    Attributes:
        url: Its address.
        asked: Every request: method, path, headers in lower case, body.
        ready_after: ``/job`` is done when it was asked so often.
        gate: ``/never`` answers when this is set.
    """

    url: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    ready_after: int = 3
    jobs: int = 0
    gate: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(context: Any = None) -> Iterator[Api]:
    """The server while it runs; over TLS with an `ssl.SSLContext`."""
    api = Api()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    api.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield api
    finally:
        api.gate.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: Api

    def handle_one_request(self) -> None:
        # A client that gives up, or does not trust the certificate, is what some tests are about.
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        self.api.asked.append((self.command, self.path, headers, body))
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        getattr(self, f"on_{parts.path.strip('/').replace('-', '_') or 'root'}", self.on_missing)(query, headers, body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815 - the names that the base class looks for

    def on_echo(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.json({"method": self.command, "query": query, "headers": headers, "body": body.decode("utf-8", "replace")})

    def on_orders(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.json({"orders": [{"item": "tea", "price": 3}, {"item": "coffee", "price": "dear"}]})

    def on_login(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.json(
            {"token": "t-1"}, ("set-cookie", f"user={query.get('user', 'ada')}; Path=/; HttpOnly"), ("set-cookie", "theme=dark; Path=/")
        )

    def on_me(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.json({"cookie": headers.get("cookie", ""), "authorization": headers.get("authorization", "")})

    def on_job(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.api.jobs += 1
        self.json({"state": "done" if self.api.jobs >= self.api.ready_after else "running", "asked": self.api.jobs})

    def on_moved(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.json({}, ("location", query.get("to", "/me")), ("set-cookie", "step=1; Path=/"), status=int(query.get("status", "302")))

    def on_circle(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.json({}, ("location", "/circle"), status=302)

    def on_csv(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.reply("item;price\ntée;3\n".encode("latin-1"), "text/csv; charset=latin-1")

    def on_never(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.api.gate.wait(60)
        self.json({})

    def on_dripping(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", "100000")
        self.end_headers()
        while not self.api.gate.wait(0.02):
            self.wfile.write(b"x")
            self.wfile.flush()

    def on_hanging_up(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.close_connection = True
        self.connection.close()

    def on_missing(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        self.json({"error": "no such thing"}, status=404)

    def json(self, data: Any, *more: tuple[str, str], status: int = 200) -> None:
        self.reply(json.dumps(data).encode(), "application/json", *more, status=status)

    def reply(self, body: bytes, kind: str, *more: tuple[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in (("content-type", kind), ("content-length", str(len(body))), *more):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
