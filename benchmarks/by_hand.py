"""A suite of qa.yaml against the same cases written by hand as a pytest test."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from paired import Arm, Sample, median_of

__all__ = ["OURS", "QuietHandler", "arms_of", "serve", "show_walls"]

OURS = "YAML"


def arms_of(
    folder: Path, peer: str, yaml: str, test: str, *, cases: int, plugins: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> list[Arm]:
    """Both sides, each in a pytest that loads only the plugins it needs.

    Args:
        folder: Where the files are written.
        peer: What the table calls the test by hand.
        yaml: The file of ours; ``{items}`` is where the cases' parameters go.
        test: The test by hand, with the same.
        cases: How many parameters.
        plugins: What the test by hand loads.
        environ: For both.
    """
    items = [f"tea{number}" for number in range(cases)]
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "qa.yaml").write_text(yaml.replace("{items}", ", ".join(items)), encoding="utf-8")
    (folder / "test_by_hand.py").write_text(test.replace("{items}", repr(items)[1:-1]), encoding="utf-8")
    pytest = [sys.executable, "-m", "pytest", "-q"]
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **(environ or {})}
    loaded = [word for plugin in plugins for word in ("-p", plugin)]
    return [
        Arm(name=OURS, command=[*pytest, "-p", "maestro", "--maestro-config=qa.yaml"], cwd=folder, environ=alone),
        Arm(name=peer, command=[*pytest, *loaded, "test_by_hand.py"], cwd=folder, environ=alone),
    ]


def show_walls(samples: Mapping[str, Sequence[Sample]]) -> str:
    """``YAML 1.20 s, httpx 1.31 s``."""
    return ", ".join(f"{name} {median_of(some, 'wall_s'):.2f} s" for name, some in samples.items())


class QuietHandler(BaseHTTPRequestHandler):
    """Answers without a line on the terminal for each."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server in this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
