"""What is refused of policies, with its place: dependencies nobody knows, fallbacks without steps, tries that multiply."""

from __future__ import annotations

from pathlib import Path

import pytest

from maestro_fabric.compose import prepare
from maestro_fabric.config.journey import Journey
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import Breaker, Bulkhead

HEAD = """version: 1
project: p
environments: {local: {base_url: "http://shop.test"}}
"""
SUITE = """
suites:
  - name: api
    adapter: http
    POLICY
    cases:
      - name: one
        steps:
          - request: {get: /a STEP}
"""


def text(policies: str, *, suite: str = "", step: str = "", more: str = "") -> str:
    body = SUITE.replace("    POLICY\n", f"    {suite}\n" if suite else "").replace(" STEP", f", {step}" if step else "")
    return f"{HEAD}policies: {{{policies}}}\n{more}{body}"


def problems(folder: Path, written: str) -> list[str]:
    path = folder / "qa.yaml"
    path.write_text(written)
    with pytest.raises(ConfigError) as caught:
        prepare(path, environ={})
    return [f"{problem.location.line if problem.location else 0}: {problem.message} ({problem.hint})" for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            text("web: {breaker: {dependency: shpo}}", more="services: {shop: {command: [x]}}\n"),
            "4: 'shpo' is neither a service nor a host (did you mean 'shop'?)",
        ),
        (text("web: {bulkhead: {limit: 2}}"), "4: the bulkhead of 'web' does not say for what (add dependency: a service or a host)"),
        (
            text("a: {breaker: {dependency: x.org}}, b: {breaker: {dependency: x.org, failures: 2}}"),
            "4: the breaker of 'x.org' is another one in 'b' than in 'a', and both share it (write the same in both)",
        ),
        (
            text("s: {retry: {times: 1}}", more="services: {shop: {command: [x], policy: s}}\n"),
            "5: a service's policy has a breaker, a bulkhead or both; 's' has retry (the tries belong to cases and steps)",
        ),
        (
            text("s: {breaker: {}}", more="services: {shop: {command: [x], policy: z}}\n"),
            "5: unknown policy 'z' (known: s)",
        ),
        (text("web: {fallback: spare}"), "4: unknown group 'spare' (a fallback is a group of steps, see groups)"),
        (
            text("web: {fallback: spare}", more="groups: {spare: {params: [item], steps: [{log: x}]}}\n"),
            "4: the group 'spare' needs item (add with: {item: …})",
        ),
        (text("web: {}", step="policy: wbe"), "12: unknown policy 'wbe' (did you mean 'web'?)"),
        (
            text("web: {breaker: {dependency: x.org}}", step="policy: web"),
            "12: 'web' has a breaker or a bulkhead, which guard whole attempts of a case (give it to the case, the suite or the service)",
        ),
        (
            text("web: {retry: {times: 3}}, click: {retry: {times: 3}}", suite="policy: web", step="policy: click"),
            (
                "13: this can be tried 16 times (4 of the case ('web') × 4 of the step ('click')), more often than max_attempts_total: 12"
                " (retry less, or raise max_attempts_total of the policy)"
            ),
        ),
        (
            text("web: {retry: {times: 12}}"),
            (
                "4: this can be tried 13 times ('web' alone), more often than max_attempts_total: 12"
                " (retry less, or raise max_attempts_total of the policy)"
            ),
        ),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, written: str, problem: str) -> None:
    assert problem in problems(tmp_path, written)


def test_tries_of_a_group_s_step_multiply_with_those_of_the_case(tmp_path: Path) -> None:
    written = text(
        "web: {retry: {times: 3}}, click: {retry: {times: 4}}",
        suite="policy: web",
        more="groups: {in: {steps: [{request: {get: /in, policy: click}}]}}\n",
    ).replace("          - request: {get: /a}", "          - use: in")

    (problem,) = problems(tmp_path, written)

    assert problem.startswith("5: this can be tried 20 times (4 of the case ('web') × 5 of the step ('click'))")


def test_reruns_of_a_pytest_suite_multiply_with_its_policy(tmp_path: Path) -> None:
    suites = "suites: [{name: unit, adapter: pytest, paths: [.], policy: web, args: [--reruns, '5']}]\n"

    (problem,) = problems(tmp_path, f"{HEAD}policies: {{web: {{retry: {{times: 2}}}}}}\n{suites}")

    assert problem.startswith("5: this can be tried 18 times (3 of 'web' × 6 of --reruns)")


def test_a_locator_inside_a_step_has_no_policy_of_its_own(tmp_path: Path) -> None:
    step = "- drag: {from: {css: a, policy: web}, to: b}"
    written = text("web: {}").replace("adapter: http", "adapter: playwright").replace("- request: {get: /a}", step)

    assert problems(tmp_path, written) == ["12: a locator has no policy of its own (move it up, to the step)"]


def test_a_raised_total_allows_more_and_services_add_their_guards(tmp_path: Path) -> None:
    path = tmp_path / "qa.yaml"
    policies = (
        "web: {retry: {times: 3}, max_attempts_total: 16, fallback: spare}, click: {retry: {times: 3}, fallback: spare},"
        " guard: {breaker: {failures: 3}, bulkhead: {limit: 2}}"
    )
    more = "services: {shop: {command: [x], policy: guard}}\ngroups: {spare: {steps: [{request: {get: /b, policy: click}}]}}\n"
    path.write_text(text(policies, suite="policy: web\n    services: [shop]", step="policy: click", more=more))

    (case,) = prepare(path, environ={}).plan.cases

    assert case.policy.breakers == (Breaker(dependency="shop", failures=3),)
    assert case.policy.bulkheads == (Bulkhead(dependency="shop", limit=2),)
    assert (case.policy.chosen_by, case.policy.fallback) == ("suite", "spare")
    assert case.spare is not None
    assert isinstance(case.spare.body, Journey)
    assert [step.number for step in case.spare.body.steps] == ["fallback 1"]
    (step,) = case.body.steps if isinstance(case.body, Journey) else ()
    assert [spare.number for spare in step.fallback] == ["1 fallback 1"]
    assert step.fallback[0].policy is not None
    assert step.fallback[0].policy.fallback == ""
