"""What hangs, dies or is missing: an answer in time, the next case works, and nothing is left behind."""

from __future__ import annotations

import time

import pytest

from maestro_fabric.adapters.selenium.adapter import SeleniumSuite
from maestro_fabric.adapters.selenium.drivers import find_driver
from maestro_fabric.config.models import build_config_type
from maestro_fabric.errors import SessionLost
from maestro_fabric.model import Status
from maestro_fabric.system.processes import descendants, is_running
from support import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.fault]

OPEN = {"open": "/"}


def test_page_that_spins_for_ever_ends_at_the_deadline_and_the_next_case_works(play):
    play(OPEN)
    started = time.monotonic()
    outcome = play(OPEN, {"run_js": "for (;;) {}"}, deadline_s=2.0)

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "DeadlineExceeded")
    assert "step 2 (qa.yaml:2): run_js" in outcome.fault.message
    assert time.monotonic() - started < 20  # and not for ever, on a machine that does other things too
    assert play(OPEN).status is Status.PASSED


def test_page_that_never_loads_ends_at_the_deadline_and_the_next_case_works(play):
    play(OPEN)
    outcome = play({"open": {"url": "/never", "within": "60s"}}, deadline_s=1.5)

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "DeadlineExceeded")
    assert "took longer than 1.5 s" in outcome.fault.message
    assert play(OPEN).status is Status.PASSED


def test_browser_that_was_killed_loses_the_session_and_the_next_case_works(play):
    (play.root / "kill_selenium_browser.py").write_text(
        "import os, signal\ndef kill(page, variables):\n    os.kill(page.capabilities['goog:processID'], signal.SIGKILL)\n"
        "    page.service.program.stop()\n"
    )

    with pytest.raises(SessionLost, match=r"the browser has gone \(killed, or crashed\) during step 3"):
        play(OPEN, {"call": "kill_selenium_browser:kill"}, {"click": "#buy"})

    assert play(OPEN).status is Status.PASSED


def test_function_that_hangs_is_given_up(play):
    (play.root / "hanging_selenium_call.py").write_text("import threading\ndef hang(page, variables):\n    threading.Event().wait(30)\n")
    play(OPEN)

    with pytest.raises(SessionLost, match="a `call` step's function may hang"):
        play(OPEN, {"call": "hanging_selenium_call:hang"}, deadline_s=1.5)

    assert play(OPEN).status is Status.PASSED


def test_nothing_is_left_of_a_browser_that_ended(play):
    play(OPEN)
    session = play.sessions[-1]
    mine = descendants(session._browser.program.supervisor_pid)
    session._browser.end()
    session._browser = None

    assert len(mine) > 3
    wait_until(lambda: not any(map(is_running, mine)), what="driver and browser are gone")


def test_a_case_begins_with_nothing_in_a_new_browser_and_in_one_that_another_suite_has_used(play):
    empty = {"run_js": "if (location.href !== 'about:blank') throw new Error(location.href)"}
    leaves = {
        "run_js": "if (document.cookie || localStorage.left) throw new Error('left'); document.cookie = 'left=1'; localStorage.left = 1"
    }

    outcomes = []
    for _ in range(2):
        outcomes.append(play(empty, OPEN, leaves, browser={"args": ["--disable-notifications"]}))
        play.sessions[-1].close()

    assert [(outcome.status, outcome.fault) for outcome in outcomes] == [(Status.PASSED, None)] * 2
    assert play.sessions[-1]._browser is None


def test_a_link_to_a_file_puts_nothing_into_the_folder_that_the_run_was_started_in(play, monkeypatch):
    monkeypatch.chdir(play.root)

    outcome = play(OPEN, {"click": "#get"}, {"open": "/second"}, {"expect": {"url": "/second"}}, browser={"args": ["--mute-audio"]})

    assert outcome.status is Status.PASSED, outcome.fault
    assert not list(play.root.glob("*.csv*"))


def test_grid_that_is_down_blocks_the_cases_with_one_line(play):
    outcome = play(OPEN, browser={"remote": "http://127.0.0.1:2"})

    assert outcome.status is Status.BLOCKED
    assert outcome.reason.startswith("the Selenium Grid http://127.0.0.1:2 did not answer: ")


def test_driver_that_is_missing_blocks_the_cases(play):
    outcome = play(OPEN, browser={"driver": "/no/such/driver"})

    assert (outcome.status, outcome.reason[:40]) == (Status.BLOCKED, "/no/such/driver (from config) is not the")


def test_driver_is_looked_for_in_the_environment_and_then_on_the_path(tmp_path):
    program = tmp_path / "chromedriver"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = {"PATH": str(tmp_path), "HOME": str(tmp_path)}

    assert find_driver("chromium", "~/x", path).source == "config"
    assert find_driver("chromium", None, {**path, "CHROMEWEBDRIVER": str(tmp_path)}).path == program
    assert find_driver("chromium", None, path).source == "PATH"
    assert find_driver("chromium", None, {"PATH": "", "HOME": str(tmp_path)}) is None


def test_a_driver_that_is_found_twice_is_not_asked_for_its_version(tmp_path):
    program, browser, asked = tmp_path / "chromedriver", tmp_path / "browser", tmp_path / "asked"
    for each in (program, browser):
        each.write_text(f"#!/bin/sh\necho asked >> {asked}\n")
        each.chmod(0o755)

    found = find_driver("chromium", None, {"PATH": str(tmp_path), "MAESTRO_DRIVER": str(program), "HOME": str(tmp_path)}, browser=browser)

    assert (found.path, found.source, asked.exists()) == (program, "MAESTRO_DRIVER", False)


@pytest.mark.parametrize(
    ("browser", "message"),
    [
        ({"trace": "failure"}, "Selenium records no traces"),
        ({"device": "iPhone 15"}, "Selenium knows no devices"),
        ({"engine": "webkit"}, "'chromium' or 'firefox'"),
        ({"remote": "ws://x"}, "not the address of a Selenium Grid"),
        ({"engine": "firefox", "locale": "de-DE"}, "locale of chromium only"),
    ],
)
def test_what_selenium_cannot_do_is_refused_when_the_file_is_loaded(browser, message):
    suite = {"name": "a", "adapter": "selenium", "browser": browser, "cases": [{"name": "c", "steps": [OPEN]}]}

    with pytest.raises(ValueError, match=message):
        build_config_type([SeleniumSuite]).model_validate({"version": 1, "project": "p", "suites": [suite]})


def test_steps_that_need_a_local_chromium_are_refused_elsewhere():
    def suite(**browser):
        return SeleniumSuite(name="a", adapter="selenium", browser=browser, cases=[{"name": "c", "steps": [OPEN]}])

    assert suite().refusal_of("route", None) is None
    assert "not on a Grid" in suite(remote="http://grid:4444").refusal_of("download", None)[0]
    assert "not in firefox" in suite(engine="firefox").refusal_of("route", None)[0]


def test_page_has_viewport_locale_and_timezone(play):
    ask = "[innerWidth, innerHeight, navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone].join()"
    browser = {"viewport": "801x602", "locale": "de-DE", "timezone": "Asia/Tokyo"}

    assert (
        play(OPEN, {"run_js": {"script": ask, "as": "seen"}}, {"log": "${saved.seen}"}, browser=browser).output
        == "801,602,de-DE,Asia/Tokyo"
    )
