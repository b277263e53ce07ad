"""What is killed in the middle of `pytest qa.yaml` with a real browser: nothing is left over or lost, and the next run works."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support import check_that_none_is_left, processes_with, wait_until, wait_until_gone

from maestro_fabric.aggregator import open_history

pytestmark = [
    pytest.mark.browser,
    pytest.mark.fault,
    pytest.mark.usefixtures("browser_path"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

QA = """
version: 1
project: shop
services:
  web: {command: [python, -m, http.server, "{port}", --bind, 127.0.0.1], ready: {http: /page.html, within: 30s}}
environments: {local: {base_url: "${services.web.url}"}}
suites:
  - name: web
    adapter: {adapter}
    services: [web]
    cases:
      - {name: done, steps: [{open: /page.html}, {expect: {text: here}}]}
      - {name: stays, steps: [{open: /stays.html}, {wait_for: {css: "#gone", within: 60s}}, {open: /page.html}]}
      - {name: next, steps: [{open: /page.html}, {expect: {text: here}}]}
"""
# A page asks its server before the engine has heard that it was loaded.
GONE = r"the browser has gone \(killed, or crashed\) during step [12] \(qa\.yaml:13\)"
# Says that it was loaded in the log of its server, and notices when that has ended.
STAYS = """<p>stays</p><script>
fetch("/it-stays");
setInterval(() => fetch("/page.html").catch(() => { document.body.id = "gone" }), 100);
</script>"""


@dataclass
class Shop:
    """A folder with a config, and the pytest that runs it."""

    folder: Path
    marker: str = field(default_factory=lambda: f"fault-{uuid.uuid4().hex}")

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Run the config; returns while the browser is in the case that stays."""
        command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "qa.yaml", *options]
        with (self.folder / "out.txt").open("wb") as out:
            environ = {**os.environ, "FAULT_MARKER": self.marker}
            process = subprocess.Popen(command, cwd=self.folder, stdout=out, stderr=out, env=environ, start_new_session=True)
        wait_until(lambda: process.poll() is not None or self._is_in_the_case_that_stays(), within_s=60)
        assert process.poll() is None, self.output
        return process

    @property
    def output(self) -> str:
        return (self.folder / "out.txt").read_text()

    def kill(self, *, has: str, has_not: str = "supervise") -> None:
        """Kill the one process of the run with this in its command line."""
        lines = [line for line in processes_with(self.marker) if has in line and has_not not in line]
        assert len(lines) == 1, lines
        os.kill(int(lines[0].split()[0]), signal.SIGKILL)

    def results(self) -> dict[str, str]:
        with open_history(self.folder / ".maestro/history.db") as history:
            return {row.name: str(row.status) for row in history.results(history.runs(limit=1)[0].run_id)}

    def run_status(self) -> str:
        with open_history(self.folder / ".maestro/history.db") as history:
            return history.runs(limit=1)[0].status

    def check_that_the_next_run_works(self) -> None:
        command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "qa.yaml", "-k", "done or next"]
        subprocess.run(command, cwd=self.folder, env={**os.environ, "FAULT_MARKER": self.marker}, check=True, stdout=subprocess.DEVNULL)
        assert self.results() == {"done": "passed", "next": "passed"}

    def _is_in_the_case_that_stays(self) -> bool:
        logs = [log.read_text() for log in self.folder.glob(".maestro/artifacts/*/service-web.log")]
        return "/it-stays" in "".join(logs) and self.results().get("done") == "passed" and self._has_running_cases()

    def _has_running_cases(self) -> bool:
        with closing(sqlite3.connect(self.folder / ".maestro/history.db")) as store:
            return bool(store.execute("SELECT count(*) FROM running").fetchone()[0])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "qa.yaml").write_text(QA.replace("{adapter}", "playwright"))
    (tmp_path / "page.html").write_text("<p>here</p>")
    (tmp_path / "stays.html").write_text(STAYS)
    shop = Shop(tmp_path)
    yield shop
    check_that_none_is_left(shop.marker)


@pytest.fixture
def selenium_shop(shop: Shop) -> Shop:
    """The same, with Selenium."""
    (shop.folder / "qa.yaml").write_text(QA.replace("{adapter}", "selenium"))
    return shop


def test_kill_9_of_the_browser_is_an_error_of_its_case_and_the_next_one_has_another_browser(shop: Shop) -> None:
    process = shop.start()
    # Debian's browser is started by a shell script, which waits for it.
    programs = [line for line in processes_with(shop.marker) if "--remote-debugging-pipe" in line and "--type=" not in line]
    (browser,) = (line for line in programs if "/bin/sh" not in line)

    os.kill(int(browser.split()[0]), signal.SIGKILL)

    assert process.wait(60) == pytest.ExitCode.TESTS_FAILED
    wait_until_gone(shop.marker)
    assert shop.results() == {"done": "passed", "stays": "error", "next": "passed"}
    assert re.search(GONE, shop.output)
    shop.check_that_the_next_run_works()


def test_kill_9_of_the_driver_is_an_error_of_its_case_and_the_next_one_has_another(selenium_shop: Shop) -> None:
    process = selenium_shop.start()

    selenium_shop.kill(has="chromedriver --enable")

    assert process.wait(60) == pytest.ExitCode.TESTS_FAILED
    wait_until_gone(selenium_shop.marker)
    assert selenium_shop.results() == {"done": "passed", "stays": "error", "next": "passed"}
    assert re.search(GONE, selenium_shop.output)


def test_after_kill_9_of_the_controller_no_chromedriver_or_browser_is_left(selenium_shop: Shop) -> None:
    process = selenium_shop.start()

    process.kill()
    process.wait()

    wait_until_gone(selenium_shop.marker, within_s=20)
    assert selenium_shop.run_status() == "interrupted"
    assert selenium_shop.results() == {"done": "passed", "stays": "error"}


@pytest.mark.parametrize("kill", [lambda shop: shop.kill(has="http.server"), lambda shop: shop.kill(has="supervise", has_not="\0")])
def test_kill_9_of_a_service_or_its_supervisor_blocks_the_cases_that_follow(shop: Shop, kill: Callable[[Shop], None]) -> None:
    process = shop.start()

    kill(shop)

    assert process.wait(60) == pytest.ExitCode.TESTS_FAILED
    wait_until_gone(shop.marker)
    assert shop.results() == {"done": "passed", "stays": "error", "next": "blocked"}
    assert "service 'web'" in shop.output
    assert "service-web.log" in shop.output
    shop.check_that_the_next_run_works()


@pytest.mark.parametrize("options", [[], ["-n2"]])
def test_after_kill_9_of_the_controller_no_browser_driver_or_service_is_left(shop: Shop, options: list[str]) -> None:
    process = shop.start(*options)

    process.kill()
    process.wait()

    wait_until_gone(shop.marker, within_s=20)
    assert shop.run_status() == "interrupted"
    results = shop.results()
    # With two workers the third case may have finished, or was running, or had not begun.
    assert results.pop("next", "passed") in {"passed", "error"}
    assert results == {"done": "passed", "stays": "error"}
    shop.check_that_the_next_run_works()


@pytest.mark.parametrize("options", [[], ["-n2"]])
def test_ctrl_c_ends_browser_driver_and_service_in_order(shop: Shop, options: list[str]) -> None:
    process = shop.start(*options)

    os.killpg(process.pid, signal.SIGINT)

    assert process.wait(60) == pytest.ExitCode.INTERRUPTED
    wait_until_gone(shop.marker, within_s=20)
    assert shop.run_status() == "interrupted"
    assert shop.results()["done"] == "passed"
    assert shop.results()["stays"] == "error"
    shop.check_that_the_next_run_works()
