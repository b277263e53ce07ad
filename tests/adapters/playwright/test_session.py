"""Cases in their contexts: isolation, set-up, evidence, secrets, options."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import pytest

from maestro_fabric.adapters.playwright.adapter import PlaywrightSuite
from maestro_fabric.config.models import build_config_type
from maestro_fabric.model import Status
from maestro_fabric.ports import Deadline, RunOptions

pytestmark = pytest.mark.browser

OPEN = {"open": "/"}
NEVER = {"click": {"css": "#never", "within": "20ms"}}
LOG_IN = [{"open": "/second"}, {"run_js": "localStorage.setItem('kept', 'logged in')"}, {"set_cookie": {"name": "who", "value": "ada"}}]
IS_LOGGED_IN = [{"open": "/second"}, {"expect": {"css": "#kept", "text": "logged in"}}]


def attempt(case, session, clock):
    return session.run(case, lambda event: None, Deadline.after(30, clock))


def test_setup_runs_once_a_session(play):
    (play.root / "count_setups.py").write_text("TIMES = []\ndef once(page, variables):\n    TIMES.append(1)\n    assert len(TIMES) == 1\n")
    cases, session = play.open([OPEN], setup=[{"call": "count_setups:once"}], params={"n": [1, 2]})
    clock = play.context(None).clock

    assert [attempt(case, session, clock).status for case in cases] == [Status.PASSED, Status.PASSED]


@pytest.mark.parametrize(("trace", "kept"), [("off", [False, False]), ("retry", [False, True]), ("failure", [True, True])])
def test_trace_is_recorded_as_the_file_says(play, trace, kept):
    cases, session = play.open([OPEN, NEVER], browser={"trace": trace})
    clock = play.context(None).clock

    outcomes = [attempt(cases[0], session, clock), attempt(cases[0], session, clock)]

    assert ["trace" in play.files(outcome) for outcome in outcomes] == kept
    assert all(zipfile.is_zipfile(path) for outcome in outcomes for kind, path in play.files(outcome).items() if kind == "trace")


def test_further_try_stays_one_in_a_new_session(play):
    cases, session = play.open([OPEN, NEVER])
    clock = play.context(None).clock
    attempt(cases[0], session, clock)
    session.close()
    cases, session = play.open([OPEN, NEVER])

    outcome = attempt(cases[0], session, clock)

    assert "trace" in play.files(outcome)
    assert outcome.artifacts[0].path.startswith("web/journey/2/")


def test_secret_is_nowhere_in_what_is_kept(play):
    steps = [OPEN, {"fill": {"label": "Email", "value": "${secret:PASSWORD}"}}, {"run_js": "document.title = document.forms[0][0].value"},
             {"log": "it is ${secret:PASSWORD}"}, {"expect": {"title": "x ${secret:PASSWORD}", "within": "20ms"}}]  # fmt: skip
    cases, session = play.open(steps)
    clock = play.context(None).clock

    for outcome in (attempt(cases[0], session, clock), attempt(cases[0], session, clock)):
        files = play.files(outcome)
        told = [
            outcome.output,
            outcome.fault.message,
            str(outcome.metadata),
            files["html"].read_text(),
            *(step.title for step in outcome.steps),
        ]
        assert "trace" not in files
        assert "s3cr3t-pw" not in "".join(told)
        assert outcome.output.startswith("it is ***")


def test_trace_after_a_secret_is_kept_when_the_file_asks_for_it(play):
    outcome = play(OPEN, {"log": "${secret:PASSWORD}"}, NEVER, browser={"trace": "failure"})

    assert "trace" in play.files(outcome)


def test_context_has_viewport_locale_timezone_and_device(play):
    ask = "[innerWidth, innerHeight, navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone].join()"
    steps = [{"run_js": {"script": ask, "as": "seen"}}, {"log": "${saved.seen}"}]
    browser = {"viewport": "801x602", "locale": "de-DE", "timezone": "Asia/Tokyo", "ignore_https_errors": True}

    assert play(OPEN, *steps, browser=browser).output == "801,602,de-DE,Asia/Tokyo"
    assert (
        "iPhone"
        in play(OPEN, {"run_js": {"script": "navigator.userAgent", "as": "seen"}}, steps[1], browser={"device": "iPhone 13"}).output
    )


def test_unknown_device_is_an_error_with_the_nearest(play):
    outcome = play(OPEN, browser={"device": "iPhone 13 Proo"})

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "ConfigError")
    assert "did you mean 'iPhone 13 Pro'" in outcome.fault.message


def test_browser_that_does_not_start_is_an_error_that_names_it(play):
    outcome = play(OPEN, browser={"executable": "/bin/false"})

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "PluginError")
    assert "/bin/false (from config) did not start" in outcome.fault.message


def test_remote_browser_that_is_not_there_is_an_error_that_names_it(play):
    outcomes = [play(OPEN, browser={"remote": address}) for address in ("http://127.0.0.1:2", "ws://127.0.0.1:2/")]

    assert [outcome.fault.type for outcome in outcomes] == ["TransportError", "TransportError"]
    assert "the remote browser http://127.0.0.1:2 did not answer" in outcomes[0].fault.message


def test_pause_without_a_window_says_what_is_missing(play):
    play.options = RunOptions(pause=True, slow_s=0.001)

    assert "add --maestro-headed" in play(OPEN, NEVER).output


def test_check_says_what_is_missing(play):
    config = build_config_type([PlaywrightSuite]).model_validate(
        {"version": 1, "project": "p", "suites": [{"name": "a", "adapter": "playwright", "cases": [{"name": "c", "steps": [OPEN]}]}]}
    )
    suite = config.suites[0]
    context = play.context(config)

    def with_browser(**changes):
        return suite.model_copy(update={"browser": suite.browser.model_copy(update=changes)})

    assert play.adapter.check(suite, context) == []
    assert play.adapter.check(with_browser(remote="ws://x"), context) == []
    assert (
        "/no/such (from config) is not there: correct it, or leave it out"
        in play.adapter.check(with_browser(executable="/no/such"), context)[0]
    )
    assert (
        "playwright install webkit"
        in play.adapter.check(with_browser(engine="webkit"), replace(context, options=RunOptions(headed=True)))[0]
    )


def test_page_that_was_closed_under_a_step_is_said(play):
    (play.root / "close_page.py").write_text("def close(page, variables):\n    page.close()\n")
    outcome = play(OPEN, {"call": "close_page:close"}, {"click": "#buy"})

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "MaestroError")
    assert "the page was closed while the step ran" in outcome.fault.message
