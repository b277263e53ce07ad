"""Journeys in a browser that somebody else has started: over CDP, and by a Playwright server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.support import check_that_none_is_left, wait_until

from maestro_fabric.model import Status

pytestmark = [pytest.mark.browser, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]

OPEN = {"open": "/second"}
IS_EMPTY = {"expect": {"css": "#kept", "text": "nothing"}}
KEEP = {"run_js": "localStorage.setItem('kept', 'by an earlier case')"}


@contextmanager
def started(folder: Path, *command: str | Path) -> Iterator[Path]:
    """The file that a program writes its output to; the program, and what it has started, end here."""
    said, marker = folder / "said.txt", f"maestro-remote-{uuid.uuid4().hex}"
    with said.open("w") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "MAESTRO_TEST": marker}, start_new_session=True
        )
    try:
        yield said
    finally:
        # Playwright's server lives on after SIGTERM; its browsers end with the pipe that they are driven by.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        check_that_none_is_left(marker)


@pytest.fixture
def cdp_address(tmp_path: Path, browser_path: Path) -> Iterator[str]:
    """The address of a Chromium that listens for DevTools."""
    profile = tmp_path / "profile"
    options = ["--headless", "--no-sandbox", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    with started(tmp_path, browser_path, *options):
        port = profile / "DevToolsActivePort"
        wait_until(lambda: port.is_file() and port.read_text().count("\n"), within_s=30, what="Chromium listens for DevTools")
        yield f"http://127.0.0.1:{port.read_text().splitlines()[0]}"


@pytest.fixture
def server_address(tmp_path: Path, browser_path: Path) -> Iterator[str]:
    """The address of a Playwright server that starts this machine's browser."""
    # Without --unsafe the server ignores which program a client names.
    with started(tmp_path, sys.executable, "-m", "playwright", "run-server", "--port", "0", "--host", "127.0.0.1", "--unsafe") as said:
        wait_until(lambda: "Listening on ws://" in said.read_text(), within_s=30, what="the Playwright server listens")
        options = quote(json.dumps({"executablePath": str(browser_path)}))
        yield f"{said.read_text().split()[-1]}?launch-options={options}"


@pytest.mark.parametrize("address", ["cdp_address", "server_address"])
def test_journeys_run_in_a_remote_browser_each_in_its_own_context(play, request: pytest.FixtureRequest, address: str) -> None:
    remote = {"remote": request.getfixturevalue(address)}

    outcomes = [play(OPEN, IS_EMPTY, KEEP, browser=remote) for _ in range(2)]

    assert [outcome.status for outcome in outcomes] == [Status.PASSED, Status.PASSED], outcomes[-1].fault


def test_a_remote_browser_is_not_ended_with_the_session_and_serves_the_next(play, cdp_address: str) -> None:
    assert play(OPEN, browser={"remote": cdp_address}).status is Status.PASSED
    play.sessions.pop().close()

    assert play(OPEN, IS_EMPTY, browser={"remote": cdp_address}).status is Status.PASSED
