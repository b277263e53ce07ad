"""What hangs, dies or is killed: an answer in time, the next case works, and nothing is left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from maestro_fabric.adapters.playwright.driver import acquire_driver
from maestro_fabric.errors import SessionLost
from maestro_fabric.model import Status
from maestro_fabric.system.process_table import SystemProcesses
from maestro_fabric.system.processes import find_process
from support import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.fault]

OPEN = {"open": "/"}


def test_page_that_spins_for_ever_ends_at_the_deadline(play):
    play(OPEN)
    started = time.monotonic()
    outcome = play(OPEN, {"run_js": "for (;;) {}"}, deadline_s=2.0)
    spent = time.monotonic() - started

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "DeadlineExceeded")
    assert "step 2 (qa.yaml:2): run_js" in outcome.fault.message
    assert "took longer than 2 s" in outcome.fault.message
    assert spent < 20  # and not for ever, on a machine that does other things too
    assert play(OPEN).status is Status.PASSED


def test_page_that_never_loads_ends_at_the_deadline(play):
    play(OPEN)
    outcome = play({"open": {"url": "/never", "within": "60s"}}, deadline_s=1.5)

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "DeadlineExceeded")
    assert "the case, in step 1, took longer than 1.5 s; until then: " in outcome.fault.message
    assert play(OPEN).status is Status.PASSED


def test_step_that_waits_longer_than_the_case_has_names_the_deadline(play):
    outcome = play(OPEN, {"click": {"css": "#never", "within": "170s"}}, deadline_s=2.0)

    assert outcome.fault.type == "DeadlineExceeded"
    assert "no element matches css=#never" in outcome.fault.message
    assert "screenshot" in play.files(outcome)


def test_browser_that_was_killed_loses_the_session_and_the_next_case_works(play):
    (play.root / "kill_browser.py").write_text(
        "import os, signal\n"
        "from maestro_fabric.adapters.playwright.driver import acquire_driver\n"
        "from maestro_fabric.system.process_table import SystemProcesses\n"
        "def kill(page, variables):\n"
        "    driver = acquire_driver(SystemProcesses())\n"
        "    driver.kill_browsers()\n"
        "    driver.release()\n"
    )

    with pytest.raises(SessionLost, match=r"the browser has gone \(killed, or crashed\) during step 3 \(qa.yaml:3\)"):
        play(OPEN, {"call": "kill_browser:kill"}, {"click": "#buy"})

    assert play(OPEN).status is Status.PASSED


def test_browser_that_died_between_two_cases_is_started_again(play):
    assert play(OPEN).status is Status.PASSED
    driver = acquire_driver(SystemProcesses())
    driver.kill_browsers()
    driver.release()

    assert play(OPEN).status is Status.PASSED


def test_driver_process_that_was_killed_is_replaced(play):
    (play.root / "kill_driver.py").write_text(
        "from maestro_fabric.adapters.playwright.driver import acquire_driver\n"
        "from maestro_fabric.system.process_table import SystemProcesses\n"
        "def kill(page, variables):\n"
        "    driver = acquire_driver(SystemProcesses())\n"
        "    driver._kill_process()\n"
        "    driver.release()\n"
    )

    with pytest.raises(SessionLost, match="the browser has gone"):
        play(OPEN, {"call": "kill_driver:kill"}, {"click": "#buy"})

    assert play(OPEN).status is Status.PASSED


def test_function_that_hangs_is_given_up_and_the_next_case_works(play):
    (play.root / "hanging_call.py").write_text("import threading\ndef hang(page, variables):\n    threading.Event().wait(30)\n")

    play(OPEN)
    with pytest.raises(SessionLost, match="a `call` step's function may hang"):
        play(OPEN, {"call": "hanging_call:hang"}, deadline_s=2.0)

    play.sessions.pop().close()
    assert play(OPEN).status is Status.PASSED


KILL_THE_START_SCRIPT = """
import os, pathlib, signal
from maestro_fabric.adapters.playwright import driver
from maestro_fabric.system.process_table import SystemProcesses
from tests.support import wait_until

def kill(page, variables):
    started = {one.pid: pathlib.Path(f"/proc/{one.pid}/cmdline").read_bytes() for one in SystemProcesses().below(os.getpid())}
    (script,) = (pid for pid, command in started.items() if b"own-browser" in command[:200])
    wait_until(lambda: script in [one.pid for one in driver._CURRENT[-1]._seen_below])
    os.kill(script, signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_browser_whose_start_script_was_killed_is_lost_long_before_the_step_ends(play, browser_path):
    script = play.root / "own-browser"
    script.write_text(f'#!/bin/sh\n"{browser_path}" "$@"\n')
    script.chmod(0o755)
    (play.root / "start_script.py").write_text(KILL_THE_START_SCRIPT)
    started = time.monotonic()

    with pytest.raises(SessionLost, match="the browser has gone"):
        play(OPEN, {"call": "start_script:kill"}, {"wait_for": {"css": "#never", "within": "60s"}}, browser={"executable": str(script)})

    assert time.monotonic() - started < 100
    assert play(OPEN).status is Status.PASSED


_RUNNER = """
    import importlib.util, sys, pathlib
    spec = importlib.util.spec_from_file_location("site_conftest", {conftest!r})
    module = importlib.util.module_from_spec(spec); sys.modules["site_conftest"] = module; spec.loader.exec_module(module)
    player = module.Player(root=pathlib.Path({root!r}), base_url={url!r})
    {body}
"""


def start(play, body: str) -> subprocess.Popen[str]:
    conftest = str(Path(__file__).parents[1] / "conftest.py")
    script = textwrap.dedent(_RUNNER).format(conftest=conftest, root=str(play.root), url=play.base_url, body=body)
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if find_process(pid) is not None]


def test_nothing_is_left_after_kill_9_of_the_process(play):
    (play.root / "report_in.py").write_text("import os\ndef here(page, variables):\n    os.write(1, b'ready\\n')\n")
    child = start(play, "player({'open': '/'}, {'call': 'report_in:here'}, {'run_js': 'for (;;) {}'}, deadline_s=None)")
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    started = [process.pid for process in SystemProcesses().below(child.pid)]

    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()

    assert len(started) > 2
    wait_until(lambda: not alive(started), within_s=20, what="browser and driver are gone")


def test_nothing_is_left_after_a_plain_end(play):
    body = "print(player({'open': '/'}).status); from maestro_fabric.system.processes import descendants; "
    child = start(play, body + "print(*(one.pid for one in descendants(__import__('os').getpid())), flush=True)")
    output, _ = child.communicate(timeout=30)
    status, pids = output.splitlines()

    assert (status, child.returncode) == ("passed", 0)
    assert len(pids.split()) > 2
    wait_until(lambda: not alive([int(pid) for pid in pids.split()]), within_s=20, what="browser and driver are gone")


def test_browser_outlives_its_suite_only_for_a_while(play):
    body = "from maestro_fabric.adapters.playwright import driver; player({'open': '/'}); [one.close() for one in player.sessions]; "
    child = start(play, body + "one = driver._CURRENT[-1]; one._thread.join(15); print(one.is_over)")

    assert child.communicate(timeout=30)[0] == "True\n"
