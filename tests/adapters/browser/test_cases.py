"""Cases in their contexts: isolation, set-up, evidence, secrets."""

from __future__ import annotations

import asyncio

import pytest

from maestro_fabric.model import Status
from maestro_fabric.ports import Deadline

pytestmark = pytest.mark.browser

OPEN = {"open": "/"}
NEVER = {"click": {"css": "#never", "within": "20ms"}}
LOG_IN = [{"open": "/second"}, {"run_js": "localStorage.setItem('kept', 'logged in')"}, {"set_cookie": {"name": "who", "value": "ada"}}]
IS_LOGGED_IN = [{"open": "/second"}, {"expect": {"css": "#kept", "text": "logged in"}}]


def attempt(case, session, clock):
    return session.run(case, lambda event: None, Deadline.after(30, clock))


def test_each_case_starts_with_a_fresh_context(play):
    assert play(*LOG_IN).status is Status.PASSED

    assert play({"open": "/second"}, {"expect": {"css": "#kept", "text": "nothing"}}).status is Status.PASSED


def test_nothing_that_a_page_can_keep_is_there_for_the_next_case(play):
    keep = """async () => {
      await new Promise((done, fail) => Object.assign(indexedDB.open('shop'), {onsuccess: done, onerror: fail}));
      await caches.open('shop');
      sessionStorage.setItem('kept', 'x');
      document.cookie = 'who=ada';
    }"""
    look = """async () => {
      const kept = [...(await indexedDB.databases()).map((one) => one.name), ...await caches.keys(), document.cookie,
        sessionStorage.getItem('kept')];
      if (kept.some(Boolean)) throw new Error('still there: ' + kept);
    }"""
    within = {"browser": {"within": "10s"}}

    assert play(OPEN, {"run_js": keep}, {"open": "/second"}, **within).status is Status.PASSED
    assert play(OPEN, {"run_js": look}, **within).fault is None


def test_setup_gives_each_case_its_cookies_and_storage(play):
    outcome = play(*IS_LOGGED_IN, {"request": {"get": "/api/echo", "expect": {"json": {"$.cookie": "who=ada"}}}}, setup=LOG_IN)

    assert outcome.status is Status.PASSED, outcome.fault


def test_fresh_case_starts_without_the_setup(play):
    outcome = play({"open": "/second"}, {"expect": {"css": "#kept", "text": "nothing"}}, setup=LOG_IN, fresh=True)

    assert outcome.status is Status.PASSED, outcome.fault


def test_setup_that_fails_is_said_and_not_tried_for_ever(play):
    cases, session = play.open([OPEN], setup=[OPEN, {"expect": {"css": "#never", "within": "10ms"}}], params={"n": [1, 2, 3, 4]})
    clock = play.context(None).clock

    outcomes = [attempt(case, session, clock) for case in cases]

    assert {outcome.status for outcome in outcomes} == {Status.ERROR}
    assert outcomes[0].fault.message.startswith("the suite's set-up did not pass\n")
    assert outcomes[0].artifacts
    assert "failed 3 times and is not tried again" in outcomes[3].fault.message


def test_failure_keeps_picture_html_console_and_address(play):
    outcome = play({"open": "/second"}, {"click": "button"}, {"expect": {"text": "nowhere", "within": "50ms"}})

    files = play.files(outcome)
    assert set(files) == {"screenshot", "html", "console"}
    assert files["screenshot"].read_bytes().startswith(b"\x89PNG")
    assert "The second page" in files["html"].read_text()
    assert "a console error" in files["console"].read_text()
    assert "broken button" in outcome.output
    assert outcome.metadata["url"].endswith("/second")
    assert [artifact.path.split("/")[:3] for artifact in outcome.artifacts] == [["web", "journey", "1"]] * 3


def test_pass_keeps_nothing(play):
    outcome = play(OPEN)

    assert outcome.artifacts == ()
    assert not play.artifacts.exists()


def test_screenshot_can_be_switched_off(play):
    outcome = play(OPEN, NEVER, browser={"screenshot": "off"})

    assert set(play.files(outcome)) == {"html"}


def test_secret_is_nowhere_as_the_browser_writes_it(play):
    play.secrets.update({"PASSWORD": 'p@ss "w&1<z'})
    show = "const link = document.createElement('a'); link.href = location.href; link.textContent = decodeURIComponent(location.search); \
            document.body.append(link); console.error(link.outerHTML, JSON.stringify(link.textContent))"

    outcome = play({"open": "/?t=${secret:PASSWORD}"}, {"run_js": show}, {"expect": {"url": "/other", "within": "20ms"}})

    files = play.files(outcome)
    told = [
        outcome.metadata["url"],
        outcome.fault.message,
        outcome.output,
        files["html"].read_text(),
        *(f"{step.title} {step.message}" for step in outcome.steps),
    ]
    assert outcome.metadata["url"].endswith("/?t=***")
    assert outcome.status is Status.FAILED
    assert not [text for text in told if "p@ss" in text or "1%3Cz" in text or "1&lt;z" in text]
    assert files["html"].read_text().count("***") == 2


def test_cases_run_though_this_thread_runs_an_event_loop(play):
    async def run():
        return play(OPEN, {"expect": {"text": "Welcome"}})

    assert asyncio.run(run()).status is Status.PASSED


def test_other_test_id_attribute_is_the_suites_own(play):
    outcome = play(OPEN, {"click": {"test_id": "sum", "within": "1s"}}, browser={"test_id_attribute": "title"})

    assert outcome.status is Status.PASSED, outcome.fault


def test_cases_of_a_suite_come_with_rows_of_a_csv_file(play):
    (play.root / "rows.csv").write_text("id,item\nfirst,tea\nsecond,coffee\n")
    cases, session = play.open([{"log": "${params.item}"}], params={"from": "rows.csv"})
    clock = play.context(None).clock

    assert [case.id.params for case in cases] == ["first", "second"]
    assert [attempt(case, session, clock).output for case in cases] == ["tea", "coffee"]


def test_closing_twice_does_nothing(play):
    _, session = play.open([OPEN])

    session.close()
    session.close()
