"""What holds for the matcher whatever the page."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from maestro_fabric.healing import Box, Decision, Fingerprint, decide, similarity
from page_elements import element, elements, shop

pages = st.lists(elements(), min_size=1, max_size=12, unique_by=lambda one: (one.frame, one.xpath))


@given(elements(), elements())
def test_likeness_is_the_same_in_both_directions_and_from_0_to_1(one: Fingerprint, other: Fingerprint) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1


@given(elements(), elements())
def test_nothing_is_more_like_an_element_than_itself(one: Fingerprint, other: Fingerprint) -> None:
    assert similarity(one, other) <= similarity(one, one)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(elements(), pages, st.lists(elements(), max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(
    old: Fingerprint, page: list[Fingerprint], others: list[Fingerprint], chance: random.Random
) -> None:
    shuffled = page.copy()
    chance.shuffle(shuffled)

    before, after = decide(old, page, others=others), decide(old, shuffled, others=others)

    assert (before.action, before.confidence) == (after.action, after.confidence)
    assert [page[ranked.index] for ranked in before.ranking] == [shuffled[ranked.index] for ranked in after.ranking]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pages, st.data())
def test_a_page_that_has_not_changed_gives_the_same_element(page: list[Fingerprint], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(page) - 1))
    others = [other for other in page if other != page[place]]

    assert decide(page[place], page, others=others).index == place


_unrelated = st.builds(
    lambda number, across, down: Fingerprint(
        tag="aside",
        text=f"zzyzx {number}",
        classes=f"qwxk{number}",
        xpath=f"/html[1]/body[1]/aside[{number}]",
        box=Box(across, down, 700, 7),
    ),
    st.integers(5, 99),
    st.integers(0, 2000),
    st.integers(3000, 9000),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(elements(), st.lists(elements(), max_size=12, unique_by=lambda one: (one.frame, one.xpath)), pages, _unrelated)
def test_an_unrelated_element_never_turns_another_answer_into_a_heal(
    old: Fingerprint, page: list[Fingerprint], others: list[Fingerprint], unrelated: Fingerprint
) -> None:
    before = decide(old, page, others=others)
    assume(before.action != "heal")

    assert decide(old, [*page, unrelated], others=others).action != "heal"


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(elements(), pages, st.lists(elements(), max_size=6))
def test_a_heal_keeps_what_is_done_with_the_element(old: Fingerprint, page: list[Fingerprint], others: list[Fingerprint]) -> None:
    decision = decide(old, page, others=others)

    assert decision.action != "heal" or not decision.obstacle


@pytest.mark.parametrize("place", range(9))
def test_each_control_of_a_page_that_has_not_changed_is_healed_with_itself(place: int) -> None:
    page = shop()

    decision = decide(page[place], page, others=[other for other in page if other != page[place]])

    assert (decision.action, decision.index) == ("heal", place)


@given(elements())
def test_a_page_without_elements_is_no_place_to_heal(old: Fingerprint) -> None:
    decision: Decision = decide(old, [])

    assert (decision.action, decision.index, decision.confidence) == ("abstain", None, 0.0)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(shop()), st.randoms(use_true_random=False))
def test_a_page_of_strangers_holds_nothing_that_was_lost(old: Fingerprint, chance: random.Random) -> None:
    page = [
        element("div", f"vv{chance.randrange(999)} ww", xpath=f"/html[1]/body[1]/section[{place}]/div[3]", box=Box(900, 2000, 300, 300))
        for place in range(1, 9)
    ]

    assert decide(old, page, others=[other for other in shop() if other != old]).action != "heal"
