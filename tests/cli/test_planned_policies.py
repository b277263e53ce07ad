"""What `maestro plan` says of a policy is what will happen."""

from __future__ import annotations

import pytest

from maestro_fabric.cli.planned_policies import policy_words
from maestro_fabric.model import Backoff, Policy, Retry


@pytest.mark.parametrize(
    ("kind", "times", "waits"),
    [
        ("constant", 3, "constant 200ms"),
        ("exponential", 1, "exponential 200ms"),
        ("exponential", 3, "exponential from 200ms to 800ms"),
        ("exponential", 9, "exponential from 200ms to 5s"),
        ("linear", 2, "linear from 200ms to 400ms"),
    ],
)
def test_the_waits_of_a_policy_are_those_that_its_tries_can_have(kind: str, times: int, waits: str) -> None:
    policy = Policy(retry=Retry(times=times, backoff=Backoff(kind=kind, first_s=0.2, max_s=5.0)))

    assert policy_words(policy) == [f"retry({times} on error; {waits}, full jitter)"]
