"""Messages of cucumber-js as older versions write them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from maestro_fabric.adapters.cucumber.messages import read_messages
from maestro_fabric.adapters.cucumber.said import Broken, Said, Tried
from maestro_fabric.model import Status

STEP = {"id": "st1", "keyword": "Given ", "text": "a shop", "location": {"line": 3}}
DOCUMENT = {
    "uri": "a.feature",
    "feature": {
        "name": "F",
        "children": [{"scenario": {"id": "sc1", "name": "s", "location": {"line": 2}, "steps": [STEP], "examples": []}}],
    },
}
PICKLE = {
    "id": "p1",
    "uri": "a.feature",
    "name": "s",
    "astNodeIds": ["sc1"],
    "tags": [],
    "steps": [{"id": "ps1", "text": "a shop", "astNodeIds": ["st1"]}],
}
BEGIN: list[dict[str, Any]] = [
    {"gherkinDocument": DOCUMENT},
    {"gherkinDocument": {"uri": "empty.feature"}},
    {"pickle": PICKLE},
    {"testCase": {"id": "tc1", "pickleId": "p1", "testSteps": [{"id": "ts1", "pickleStepId": "ps1"}, {"id": "ts2", "hookId": "unknown"}]}},
    {"testCaseStarted": {"id": "r1", "testCaseId": "tc1", "attempt": 0, "timestamp": {"seconds": "100", "nanos": 0}}},
]
END = {"testCaseFinished": {"testCaseStartedId": "r1", "timestamp": {"seconds": "101", "nanos": 500_000_000}}}


def said(*envelopes: dict[str, Any]) -> list[Said]:
    return list(read_messages(lines([*BEGIN, *envelopes])))


def lines(envelopes: list[dict[str, Any]]) -> Iterator[str]:
    return (json.dumps(envelope) + "\n" for envelope in envelopes)


def finished(result: dict[str, Any], step: str = "ts1") -> dict[str, Any]:
    return {"testStepFinished": {"testCaseStartedId": "r1", "testStepId": step, "testStepResult": result}}


def tried(*envelopes: dict[str, Any]) -> Tried:
    told = said(*envelopes, END)[-1]
    assert isinstance(told, Tried)
    return told


def test_seconds_may_be_text_and_a_missing_will_be_retried_means_no() -> None:
    told = tried(finished({"status": "PASSED"}))

    assert (told.started_at, told.duration_s, told.is_last, told.outcome.status) == (100.0, 1.5, True, Status.PASSED)


def test_a_message_without_exception_gives_type_and_text() -> None:
    text = "AssertionError [ERR_ASSERTION]: one is not two\n    at World.<anonymous> (steps.js:3:1)"

    fault = tried(finished({"status": "FAILED", "message": text})).outcome.fault

    assert fault is not None
    assert (fault.type, fault.message, fault.trace) == (
        "AssertionError",
        "Given a shop\nAssertionError [ERR_ASSERTION]: one is not two",
        text,
    )


def test_what_expect_throws_is_a_failed_assertion_and_the_worst_step_decides() -> None:
    expect = {"type": "Error", "message": "expect(received).toBe(expected)", "stackTrace": "Error: expect(received)…"}
    result = {"status": "FAILED", "message": "Error: expect(received).toBe(expected)", "exception": expect}

    outcome = tried(finished(result), finished({"status": "FAILED", "message": "Error: tear-down"}, "ts2")).outcome

    assert outcome.status is Status.FAILED
    assert [step.title for step in outcome.steps] == ["Given a shop", "hook"]


def test_an_undefined_step_without_suggestion_is_an_error_all_the_same() -> None:
    outcome = tried(finished({"status": "UNDEFINED"})).outcome

    assert outcome.fault is not None
    assert outcome.fault.message == "Given a shop\nno step definition matches this step"


def test_an_ambiguous_step_without_message_is_an_error() -> None:
    outcome = tried(finished({"status": "AMBIGUOUS"})).outcome

    assert outcome.fault is not None
    assert outcome.fault.message == "Given a shop\nmore than one step definition matches this step"


def test_a_line_that_the_death_of_its_writer_cut_off_is_left_out() -> None:
    assert list(read_messages(["{}"[:1]])) == []
    told = list(read_messages([*lines(BEGIN), json.dumps(END)[:-5]]))
    assert not [message for message in told if isinstance(message, Tried)]


def test_an_encoded_log_is_output_and_what_is_attached_outside_scenarios_is_left_out() -> None:
    log = {"body": "aGVsbG8=", "contentEncoding": "BASE64", "mediaType": "text/x.cucumber.log+plain"}

    told = tried({"attachment": log}, {"attachment": {**log, "testCaseStartedId": "r1"}}, finished({"status": "PASSED"}))

    assert told.outcome.output == "hello"


def test_a_broken_hook_is_told_once() -> None:
    told = said(
        {"testRunHookStarted": {"id": "h1", "hookId": "unknown"}},
        {"testRunHookFinished": {"testRunHookStartedId": "h1", "result": {"status": "FAILED", "message": "Error: no database"}}},
        {"maestro": {"broken": {"type": "Error", "message": "process exiting", "trace": ""}}},
    )

    assert [message.message for message in told if isinstance(message, Broken)] == ["hook failed: Error: no database"]
