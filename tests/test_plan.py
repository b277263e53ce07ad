from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.config.models import Config, SuiteConfig
from maestro_fabric.config.worst_case import longest_wait_s, worst_case
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import Backoff, Case, CaseId, Policy, Retry
from maestro_fabric.plan import build_plan, select_cases


def config(**needs: list[str]) -> Config:
    suites = [SuiteConfig(name=name, adapter="fake", needs=needed) for name, needed in needs.items()]
    return Config(version=1, project="shop", suites=suites)


def cases(suite: str, *names: str) -> list[Case]:
    return [Case(id=CaseId("shop", suite, name)) for name in names]


def test_suites_come_after_what_they_need_and_else_in_the_order_of_the_file() -> None:
    plan = build_plan(config(c=["b"], d=[], b=["a"], a=[], e=[]), {})

    assert [suite.name for suite in plan.suites] == ["d", "a", "b", "c", "e"]


def test_a_suite_keeps_its_place_in_the_file() -> None:
    plan = build_plan(config(late=["early"], early=[]), {})

    assert [(suite.name, suite.index) for suite in plan.suites] == [("early", 1), ("late", 0)]


@given(st.data())
def test_every_need_comes_first_in_any_graph_without_circles(data: st.DataObject) -> None:
    names = [f"s{number}" for number in range(data.draw(st.integers(0, 8)))]
    needs = {name: data.draw(st.lists(st.sampled_from(names[:place]), unique=True)) if place else [] for place, name in enumerate(names)}
    shuffled = data.draw(st.permutations(names))

    plan = build_plan(config(**{name: needs[name] for name in shuffled}), {})

    order = [suite.name for suite in plan.suites]
    assert sorted(order) == sorted(names)
    assert all(order.index(need) < order.index(name) for name in names for need in needs[name])


def test_a_circle_is_refused_with_its_suites() -> None:
    with pytest.raises(ConfigError, match="need each other in a circle: a, b"):
        build_plan(config(a=["b"], b=["a"], free=[]), {})


def test_two_cases_with_one_identity_are_refused() -> None:
    with pytest.raises(ConfigError, match="more than one case named 'a::buy'"):
        build_plan(config(a=[]), {"a": cases("a", "buy", "buy")})


def test_a_suite_that_was_not_discovered_has_no_cases() -> None:
    assert build_plan(config(a=[], b=[]), {"b": cases("b", "x")}).cases == tuple(cases("b", "x"))


def test_a_selection_counts_what_it_leaves_out() -> None:
    plan = build_plan(config(a=[]), {"a": cases("a", "x", "y", "z")})

    chosen = select_cases(plan, lambda case: case.id.name == "y")

    assert [case.id.name for case in chosen.cases] == ["y"]
    assert chosen.suites[0].deselected == 2


@pytest.mark.parametrize(
    ("kind", "waits"),
    [("constant", [2, 2, 2, 2]), ("linear", [2, 4, 6, 8]), ("exponential", [2, 4, 8, 9])],
    ids=["constant", "linear", "exponential"],
)
def test_waits_grow_as_their_kind_says_up_to_the_most(kind: str, waits: list[float]) -> None:
    backoff = Backoff(kind=kind, first_s=2, max_s=9)

    assert [longest_wait_s(backoff, number) for number in (1, 2, 3, 4)] == waits


def test_the_worst_case_adds_attempts_and_waits() -> None:
    retry = Retry(times=2, backoff=Backoff(kind="constant", first_s=5, max_s=60))

    worst = worst_case(Policy(attempt_timeout_s=30, retry=retry))

    assert (worst.attempts, worst.seconds) == (3, 100)


def test_the_worst_case_is_never_longer_than_the_deadline() -> None:
    worst = worst_case(Policy(deadline_s=40, attempt_timeout_s=30, retry=Retry(times=1)))

    assert (worst.attempts, worst.seconds) == (2, 40)


def test_a_deadline_alone_is_the_worst_case() -> None:
    assert worst_case(Policy(deadline_s=40, retry=Retry(times=3))).seconds == 40


def test_without_any_limit_the_worst_case_has_none() -> None:
    assert worst_case(Policy(retry=Retry(times=1))).seconds is None
