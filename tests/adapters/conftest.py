"""A small web site, and journeys on it through the adapter as the engine uses it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from maestro_fabric.adapters.playwright.adapter import PlaywrightAdapter
from maestro_fabric.adapters.selenium.adapter import SeleniumAdapter
from maestro_fabric.config.models import build_config_type
from maestro_fabric.model import Case, Location, Outcome
from maestro_fabric.ports import Context, Deadline, RunOptions, Session
from maestro_fabric.system.clock import SystemClock
from maestro_fabric.system.process_table import SystemProcesses
from maestro_fabric.system.secrets import Secrets
from maestro_fabric.system.supervisor import Supervised

PAGES = Path(__file__).parent / "pages"


class NoChance:
    def uniform(self, low: float, high: float) -> float:
        return low


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        answer = _ROUTES.get(parts.path)
        if answer is not None:
            answer(self, parse_qs(parts.query))
        elif (PAGES / f"{parts.path.strip('/') or 'index'}.html").is_file():
            self.reply((PAGES / f"{parts.path.strip('/') or 'index'}.html").read_bytes())
        else:
            self.reply(b"not found", status=404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.reply_json({"method": "POST", "type": self.headers.get("content-type"), "body": body.decode()})

    def reply(
        self, body: bytes, *, status: int = 200, kind: str = "text/html; charset=utf-8", headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def reply_json(self, data: Any) -> None:
        self.reply(json.dumps(data).encode(), kind="application/json", headers={"x-shop": "yes"})

    def log_message(self, *args: object) -> None:
        pass


def _never(site: _Site, query: Mapping[str, list[str]]) -> None:
    site.server.gate.wait()  # type: ignore[attr-defined]


_ROUTES: dict[str, Callable[[_Site, Mapping[str, list[str]]], None]] = {
    "/api/orders": lambda site, query: site.reply_json(
        {"orders": [{"item": "tea", "price": 3, "paid": True}, {"item": "coffee", "price": 4}]}
    ),
    "/api/echo": lambda site, query: site.reply_json(
        {"query": query, "cookie": site.headers.get("cookie"), "x": site.headers.get("x-test")}
    ),
    "/file": lambda site, query: site.reply(
        b"a,b\n1,2\n", kind="text/csv", headers={"content-disposition": 'attachment; filename="list.csv"'}
    ),
    "/redirect": lambda site, query: site.reply(b"", status=302, headers={"location": "/?from=redirect"}),
    "/never": _never,
    "/door": lambda site, query: site.reply(b"<a id=in href=/down>in</a>"),
    "/down": lambda site, query: site.reply(b"<p>try later</p><a id=out href=/>out</a>", status=503),
    "/down-without-a-word": lambda site, query: site.reply(b"", status=502),
}


@pytest.fixture(scope="session")
def site_url() -> Iterator[str]:
    """The address of the site in ``pages/``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.daemon_threads = True
    server.gate = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.gate.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


@dataclass
class Player:
    """Runs journeys written as the file has them."""

    root: Path
    base_url: str
    secrets: dict[str, str] = field(default_factory=lambda: {"PASSWORD": "s3cr3t-pw"})
    variables: dict[str, Any] = field(default_factory=dict)
    options: RunOptions = field(default_factory=RunOptions)
    adapter: Any = field(default_factory=PlaywrightAdapter)
    sessions: list[Session] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = Secrets(lambda name: self.secrets.get(name), source="set it")

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    def context(self, config: Any) -> Context:
        return Context(
            config=config,
            root=self.root,
            artifacts=self.artifacts,
            clock=SystemClock(),
            chance=NoChance(),
            base_url=self.base_url,
            variables=self.variables,
            service_urls={"shop": self.base_url},
            secret=self.known.value,
            redact=self.known.redact,
            options=self.options,
            processes=SystemProcesses(),
            start_child=Supervised,
            locate=lambda path: Location("qa.yaml", 1 + sum(part for part in path if isinstance(part, int))),
        )

    def open(self, steps: list[Any], **suite: Any) -> tuple[list[Case], Session]:
        """The cases of a suite with one journey, and a session for them; keys of the case and the suite as in the file."""
        of_case = {key: suite.pop(key) for key in ("params", "matrix", "fresh") if key in suite}
        groups = suite.pop("groups", {})
        written = {
            "name": "web",
            "adapter": self.adapter.name,
            "browser": {"within": "400ms"},
            "cases": [{"name": "journey", "steps": steps, **of_case}],
        }
        config = build_config_type([self.adapter.suite_model]).model_validate(
            {"version": 1, "project": "test", "groups": groups, "suites": [{**written, **suite}]}
        )
        context = self.context(config)
        session = self.adapter.open(config.suites[0], context)
        self.sessions.append(session)
        return list(self.adapter.discover(config.suites[0], context)), session

    def __call__(self, *steps: Any, deadline_s: float | None = 30.0, **suite: Any) -> Outcome:
        """The outcome of one attempt of a journey."""
        cases, session = self.open(list(steps), **suite)
        return session.run(cases[0], lambda event: None, Deadline.after(deadline_s, SystemClock()))

    def files(self, outcome: Outcome) -> dict[str, Path]:
        """The kept files by kind; all of them exist."""
        found = {artifact.kind: self.artifacts / artifact.path for artifact in outcome.artifacts}
        assert all(path.is_file() for path in found.values())
        return found


@pytest.fixture
def adapter_name() -> str:
    """Who plays journeys; the tests of what both engines share run with each."""
    return "playwright"


@pytest.fixture
def play(tmp_path: Path, site_url: str, adapter_name: str) -> Iterator[Player]:
    """Plays journeys; their browser is shared by all tests of this process."""
    adapter = {"playwright": PlaywrightAdapter, "selenium": SeleniumAdapter}[adapter_name]()
    player = Player(root=tmp_path, base_url=site_url, adapter=adapter)
    yield player
    for session in player.sessions:
        session.close()


@pytest.fixture(scope="session")
def environ() -> Mapping[str, str]:
    return os.environ
