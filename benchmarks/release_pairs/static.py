"""Serve one page of our own and the packages that it loads: ``static.py PORT PAGE NODE_MODULES``."""

from __future__ import annotations

import json
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT, PAGE, MODULES = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])


class Pages(SimpleHTTPRequestHandler):
    """``/`` is the page, ``/pkg/…`` a file of a package, ``/api/…`` answers anything."""

    def translate_path(self, path: str) -> str:
        """The file of an address."""
        path = path.partition("?")[0]
        if path.startswith("/pkg/"):
            return str(MODULES / path.removeprefix("/pkg/"))
        return str(PAGE if path == "/" else PAGE.parent / path.strip("/"))

    def do_GET(self) -> None:
        """Answer from the files, and calls of the page itself with what it may show."""
        if self.path.startswith("/api/"):
            self._answer()
        else:
            super().do_GET()

    def do_POST(self) -> None:
        """Answer a call."""
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self._answer()

    def _answer(self) -> None:
        body = json.dumps({"data": {"tea": {"name": "Sencha"}}, "called": self.path}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


ThreadingHTTPServer(("127.0.0.1", PORT), Pages).serve_forever()
