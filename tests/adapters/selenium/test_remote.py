"""Journeys in a browser of another machine: a driver that listens is what a Grid is to its clients."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import check_that_none_is_left, wait_until

from maestro_fabric.adapters.selenium.drivers import find_driver
from maestro_fabric.model import Status

pytestmark = [pytest.mark.browser, pytest.mark.needs_selenium]

OPEN = {"open": "/second"}
IS_EMPTY = {"expect": {"css": "#kept", "text": "nothing"}}
KEEP = {"run_js": "localStorage.setItem('kept', 'by an earlier case')"}


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory, browser_path: Path) -> Iterator[dict[str, Any]]:
    """The settings of a browser behind a driver that nobody here has started; its browsers must end before it does."""
    driver = find_driver("chromium", None, os.environ)
    assert driver is not None
    marker = f"maestro-grid-{uuid.uuid4().hex}"
    log = tmp_path_factory.mktemp("grid") / "driver.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [driver.path, "--port=0"], stdout=out, stderr=out, env={**os.environ, "MAESTRO_TEST": marker}, start_new_session=True
        )
    wait_until(lambda: "started successfully on port" in log.read_text(), what="the driver listens")
    address = f"http://127.0.0.1:{log.read_text().split('started successfully on port ')[1].split('.')[0]}"
    yield {"remote": address, "executable": str(browser_path), "within": "400ms"}
    wait_until(lambda: not sessions(address), what="the browsers end when they were given back")
    # Debian's browser is started by a shell script, and stays when a driver ends that: on a Grid's machine nobody here can help it.
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    check_that_none_is_left(marker)


def sessions(address: str) -> list[Any]:
    with urllib.request.urlopen(f"{address}/sessions") as answer:  # noqa: S310 - the driver started above
        open_now: list[Any] = json.load(answer)["value"]
    return open_now


def test_journeys_run_on_a_grid_each_as_in_a_new_browser(play, grid):
    outcomes = [play(OPEN, IS_EMPTY, KEEP, browser=grid) for _ in range(2)]
    failed = play(OPEN, {"click": "#nowhere"}, browser=grid)

    assert [outcome.status for outcome in outcomes] == [Status.PASSED, Status.PASSED], outcomes[-1].fault
    assert failed.status is Status.ERROR
    assert {"screenshot", "html"} <= set(play.files(failed))


def test_a_page_that_spins_on_a_grid_ends_at_the_deadline(play, grid):
    started = time.monotonic()
    outcome = play(OPEN, {"run_js": "for (;;) {}"}, browser=grid, deadline_s=2.0)

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "DeadlineExceeded")
    assert time.monotonic() - started < 8
