"""CTRF as its writers write it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from maestro_fabric.adapters.command.ctrf import read_ctrf
from maestro_fabric.adapters.command.reported import Reported, ReportError
from maestro_fabric.model import Location, Mark


def case(**test: Any) -> Reported:
    text = json.dumps({"reportFormat": "CTRF", "specVersion": "0.0.0", "results": {"tests": [{"name": "a", "duration": 0, **test}]}})
    (found,) = read_ctrf(text.encode())
    return found


def statuses(found: Reported) -> list[str]:
    return [str(each.outcome.status) for each in found.tries]


@pytest.mark.parametrize(
    ("word", "status"),
    [("passed", "passed"), ("failed", "failed"), ("skipped", "skipped"), ("pending", "skipped"), ("other", "error"), ("new word", "error")],
)
def test_each_word_has_its_status(word: str, status: str) -> None:
    assert statuses(case(status=word)) == [status]


def test_what_it_says_of_a_case_is_kept() -> None:
    found = case(
        status="failed",
        message="no",
        trace="at X",
        duration=1500,
        start=1_700_000_000_500,
        suite=["cart", "full"],
        filePath="cart.ts",
        line=3,
        tags=["smoke"],
        stdout=["out"],
        stderr=["err"],
    )

    assert (found.name, found.location, found.tags) == ("cart > full > a", Location("cart.ts", 3), ("smoke",))
    (only,) = found.tries
    assert only.outcome.fault is not None
    assert (only.outcome.fault.message, only.outcome.fault.trace, only.outcome.output) == ("no", "at X", "out\nerr")
    assert (only.duration_s, only.started_at) == (1.5, 1_700_000_000.5)
    assert case(status="other", rawStatus="interrupted", suite="cart", filePath="x", line=0).location == Location("x", 1)


def test_retries_are_tries_whether_or_not_the_last_one_is_among_them() -> None:
    failed = {"attempt": 1, "status": "failed", "message": "first"}

    assert statuses(case(status="passed", retries=1, retryAttempts=[failed])) == ["failed", "passed"]
    assert statuses(case(status="passed", retries=1, retryAttempts=[failed, {"attempt": 2, "status": "passed"}])) == ["failed", "passed"]
    assert statuses(case(status="failed", retries=2, retryAttempts=[failed, failed])) == ["failed", "failed", "failed"]


def test_flaky_without_attempts_is_a_mark() -> None:
    assert case(status="passed", flaky=True).tries[0].outcome.marks == {Mark.FLAKY}
    assert case(status="failed", flaky=True).tries[0].outcome.marks == frozenset()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"results": {"tests": [{"name"', "it is no whole JSON"),
        ("[]", "it is no CTRF"),
        ('{"results": {"tests": [{"name": "a"}]}}', r"it is no CTRF: .* \(KeyError: 'status'\)"),
        ('{"results": {"tests": ["a"]}}', "it is no CTRF"),
    ],
)
def test_what_is_no_ctrf_is_refused(text: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read_ctrf(text.encode())
