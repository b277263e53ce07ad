"""What `maestro plan` says of a policy is what will happen."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from maestro_fabric.cli import main
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


CONFIG = """version: 1
project: shop
environments: {local: {base_url: "http://localhost:9"}}
services: {web: {command: [python, -m, http.server], ready: {tcp: true}, policy: frail}}
policies:
  frail: {breaker: {failures: 3, window: 30s}}
  patient: {deadline: 20s}
suites:
  - name: api
    adapter: http
    services: [web]
    cases:
      - {name: short, timeout: 5s, policy: patient, steps: [{request: {get: /}}]}
      - {name: long, policy: patient, steps: [{request: {get: /}}]}
      - {name: plain, steps: [{request: {get: /}}]}
"""


def test_a_plan_says_what_a_service_adds_to_a_policy_and_keeps_the_time_of_one_case_apart(tmp_path: Path) -> None:
    config = tmp_path / "qa.yaml"
    config.write_text(CONFIG)

    plan = CliRunner().invoke(main, ["plan", str(config)]).output
    step = CliRunner().invoke(main, ["plan", str(config), "--step", "plain", "1"]).output

    rows = [" ".join(line.split()) for line in plan.splitlines()]
    breaker = "breaker(web: 3 failures within 30s, open for 10s)"
    assert f"patient + frail (service web) deadline(20s) > {breaker} 1 20s" in rows
    assert f"frail (service web) {breaker} 1 no limit" in rows
    assert [row for row in rows if row.startswith("short ")] == [f"short patient (case) + frail (service web) {config}:13 1 5s"]
    assert f"  case  frail (service web): {breaker}\n" in step
    assert "  worst case: 1 attempt, no limit;" in step
