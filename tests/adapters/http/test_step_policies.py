"""Steps under policies of their own: tried again inside an attempt, ended in time, replaced by a fallback; never plainly green."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.http.test_http import Suite

from api_server import Api, serving
from maestro_fabric.model import CaseResult, Mark, Status

AT_ONCE = {"kind": "constant", "first": "1ms", "jitter": "none"}


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    with serving() as api:
        yield api


def run(folder: Path, server: Api, policy: dict[str, Any], step: dict[str, Any], **config: Any) -> CaseResult:
    server.asked.clear()
    server.jobs = 0
    cases = [{"name": "c", "steps": [{"request": {**step, "policy": "quick"}}, {"log": "after"}]}]
    (result,) = Suite(folder, server).run({"cases": cases}, policies={"quick": policy}, **config)
    return result


def test_a_step_is_tried_again_and_every_try_is_shown(tmp_path: Path, server: Api) -> None:
    policy = {"retry": {"times": 2, "on": ["failed"], "backoff": AT_ONCE}}

    result = run(tmp_path, server, policy, {"get": "/job", "expect": {"json": {"$.state": "done"}}})

    assert (result.status, result.marks) == (Status.PASSED, frozenset({Mark.FLAKY}))
    steps = result.attempts[0].outcome.steps
    assert [(step.shown_number, step.status) for step in steps] == [
        ("1", Status.FAILED),
        ("1", Status.FAILED),
        ("1", Status.PASSED),
        ("2", Status.PASSED),
    ]
    assert "running" in steps[0].message


def test_a_failed_assertion_of_a_step_is_not_tried_again_unless_asked_for(tmp_path: Path, server: Api) -> None:
    policy = {"retry": {"times": 2, "backoff": AT_ONCE}}

    result = run(tmp_path, server, policy, {"get": "/job", "expect": {"json": {"$.state": "done"}}})

    assert (result.status, server.jobs) == (Status.FAILED, 1)


def test_a_step_ends_with_its_attempt_timeout_and_its_tries_with_its_deadline(tmp_path: Path, server: Api) -> None:
    policy = {"attempt_timeout": "50ms", "deadline": "120ms", "retry": {"times": 9, "backoff": AT_ONCE}}

    result = run(tmp_path, server, policy, {"get": "/never"})

    assert result.status is Status.ERROR
    assert 2 <= len(server.asked) <= 4
    assert result.duration_s < 5


@pytest.mark.parametrize(("path", "status", "marks"), [("/orders", Status.PASSED, {Mark.DEGRADED}), ("/hanging-up", Status.ERROR, set())])
def test_a_fallback_stands_in_for_a_step_and_is_told(tmp_path: Path, server: Api, path: str, status: Status, marks: set[Mark]) -> None:
    groups = {"spare": {"steps": [{"request": {"get": path}}]}}

    result = run(tmp_path, server, {"fallback": "spare"}, {"get": "/hanging-up"}, groups=groups)

    assert (result.status, result.marks) == (status, marks)
    assert result.attempts[0].outcome.steps[1].shown_number == "1 fallback 1"
