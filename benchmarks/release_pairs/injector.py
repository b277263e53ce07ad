"""A proxy before a release that puts a script into its pages: how a trap gets under the real tool, whatever drives the browser."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["trapped"]

_TRAPS = (Path(__file__).parent / "traps.js").read_text(encoding="utf-8")
_NOT_PASSED_ON = frozenset(("content-length", "transfer-encoding", "connection", "content-encoding"))


class _Proxy(BaseHTTPRequestHandler):
    """Passes a request on, and what comes back with the script before everything else of the page's head."""

    upstream = ""
    script = b""

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("accept-encoding", "connection")}
        connection = http.client.HTTPConnection(self.upstream, timeout=20)
        try:
            connection.request(self.command, self.path, body=body or None, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if (answer.getheader("content-type") or "").startswith("text/html"):
            content = content.replace(b"</head>", self.script + b"</head>", 1)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        # A browser that leaves the page waits for nothing any more.
        with contextlib.suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def trapped(url: str, trap: Mapping[str, str]) -> Iterator[str]:
    """Another address of a release, whose pages have a trap: its kind and the element's CSS, and what the kind needs."""
    told = json.dumps(dict(trap)).replace("</", "<\\/")
    script = f"<script>{{{_TRAPS}\nkeepTrapped({told});}}</script>".encode()
    handler = type("Proxy", (_Proxy,), {"upstream": urlsplit(url).netloc, "script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
