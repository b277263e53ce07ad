"""What the matcher does with a page that has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from maestro_fabric.healing import Box, Decision, Fingerprint, Settings, decide, similarity
from maestro_fabric.healing.similarity import compare, weigh
from maestro_fabric.healing.weights import FITTED
from page_elements import element, shop

BUY, WISH, LOGIN, SEARCH = 6, 7, 2, 3


def lost(place: int, page: list[Fingerprint], **kwargs: Any) -> Decision:
    old = shop()
    return decide(old[place], page, others=[other for other in old if other != old[place]], **kwargs)


def with_change(place: int, **fields: Any) -> list[Fingerprint]:
    page = shop()
    page[place] = replace(page[place], **fields)
    return page


@pytest.mark.parametrize(
    "change",
    [
        {"id": "buy-now"},
        {"classes": "chakra-button css-1x2"},
        {"xpath": "/html[1]/body[1]/div[1]/main[1]/div[2]/div[1]/button[1]"},
        {"box": Box(600, 420, 200, 44)},
        {"text": "Add to cart"},
    ],
    ids=["id", "classes", "path", "place", "text"],
)
def test_an_element_with_one_change_is_found_again(change: dict[str, Any]) -> None:
    decision = lost(BUY, with_change(BUY, **change))

    assert (decision.action, decision.index) == ("heal", BUY)


def test_an_element_that_was_removed_is_not_replaced_by_its_neighbour() -> None:
    page = shop()
    del page[BUY]

    decision = lost(BUY, page)

    assert decision.action != "heal"
    assert decision.obstacle == "the best match fits another element of the old page better"


def test_two_that_swapped_their_places_are_told_apart_by_what_they_say() -> None:
    page = shop()
    page[BUY], page[WISH] = (
        replace(page[BUY], xpath=page[WISH].xpath, box=page[WISH].box),
        replace(page[WISH], xpath=page[BUY].xpath, box=page[BUY].box),
    )

    assert lost(BUY, page).index == BUY
    assert lost(WISH, page).index == WISH


def test_a_twin_takes_from_the_certainty() -> None:
    page = with_change(BUY, id="", text="Buy", classes="b", neighbor_text="")
    twin = replace(page[BUY], xpath="/html[1]/body[1]/main[1]/div[1]/button[3]", box=Box(10, 350, 140, 36))

    assert lost(BUY, [*page, twin]).confidence < lost(BUY, page).confidence


def test_of_two_that_are_equally_good_none_is_healed_to() -> None:
    page = with_change(BUY, id="", xpath="/html[1]/body[1]/main[1]/div[2]/button[1]", box=Box(10, 250, 140, 36))
    twin = replace(page[BUY], xpath="/html[1]/body[1]/main[1]/div[3]/button[1]", box=Box(10, 350, 140, 36))

    decision = lost(BUY, [*page, twin])

    assert decision.action != "heal"
    assert decision.obstacle == "another element is as like it as the best match"


def test_a_part_of_the_best_candidate_is_no_rival() -> None:
    page = with_change(LOGIN, id="sign-in")
    label = replace(page[LOGIN], tag="span", href="", xpath=page[LOGIN].xpath + "/span[1]")

    decision = lost(LOGIN, [*page, label])

    assert (decision.action, decision.index) == ("heal", LOGIN)


def test_the_control_is_meant_and_not_the_text_in_it_that_is_more_like_the_old_one() -> None:
    page = shop()
    path = "/html[1]/body[1]/div[1]/header[1]/nav[1]/button[2]"
    label = replace(page[LOGIN], tag="span", role="", href="", id="", xpath=f"{path}/span[1]")
    page[LOGIN] = replace(page[LOGIN], tag="button", role="tab", href="", id="r1", classes="tab", text="LOG IN (NEW)", xpath=path)

    decision = lost(LOGIN, [*page, label])

    best, second = decision.ranking[:2]
    assert (best.index, second.index) == (LOGIN, len(page))
    assert best.score < second.score
    assert (decision.index, decision.obstacle) == (LOGIN, "")


def test_elements_without_a_path_are_rivals() -> None:
    old = element(xpath="", id="one")
    twins = [element(xpath="", id="two"), element(xpath="", id="three")]

    assert decide(old, twins).action != "heal"


@pytest.mark.parametrize(("kind", "name"), [("div", "box"), ("h1", "heading"), ("input", "field")])
def test_what_cannot_be_pressed_is_no_button(kind: str, name: str) -> None:
    decision = lost(BUY, with_change(BUY, tag=kind, type="text"))

    assert decision.action != "heal"
    assert decision.obstacle == f"the best match is a {name}, and the lost element was a button"
    assert decision.obstacle in decision.reason


def test_a_link_may_become_a_button() -> None:
    page = with_change(LOGIN, tag="button", href="", xpath="/html[1]/body[1]/header[1]/nav[1]/button[1]")

    assert (lost(LOGIN, page).action, lost(LOGIN, page).index) == ("heal", LOGIN)


def test_a_role_says_what_an_element_is() -> None:
    page = with_change(BUY, tag="div", role="button", xpath="/html[1]/body[1]/main[1]/div[1]/div[1]")

    assert not lost(BUY, page).obstacle


def test_the_same_test_id_finds_an_element_that_is_new_all_over() -> None:
    old = element(test_id="buy", id="b1", classes="red")
    new = element(
        text="Purchase", test_id="buy", id="x", classes="wide", xpath="/html[1]/body[1]/p[1]/button[3]", box=Box(700, 600, 99, 50)
    )
    near = element(text="Bye", id="b2", classes="red", xpath="/html[1]/body[1]/main[1]/button[2]", box=Box(200, 200, 80, 30))

    decision = decide(old, [near, new])

    assert decision.index == 1
    assert similarity(old, new) > similarity(old, replace(new, test_id="")) > similarity(old, replace(new, test_id="other"))


def test_a_field_without_text_is_known_by_its_accessible_name() -> None:
    field = element("input", "", type="text", accessible_name="Postcode", xpath="/html[1]/body[1]/form[1]/input[3]")
    same = replace(field, id="r:1:", xpath="/html[1]/body[1]/form[1]/div[3]/input[1]")
    other = replace(field, id="r:2:", accessible_name="Address", xpath="/html[1]/body[1]/form[1]/div[2]/input[1]")

    assert decide(field, [other, same]).index == 1


def test_a_label_stands_in_for_a_missing_name() -> None:
    field = element("input", "", type="text", label="Postcode")
    candidates = [replace(field, label="Address"), replace(field, label="Postcode", xpath="/html[1]/body[1]/input[9]")]

    assert decide(field, candidates).index == 1


@pytest.mark.parametrize("where", ["frame", "shadow"])
def test_the_same_element_in_the_same_root_comes_first(where: str) -> None:
    old = element(**{where: "#map"})
    page = [element(), element(**{where: "#map"})]

    assert decide(old, page).index == 1


@pytest.mark.parametrize("where", ["frame", "shadow"])
def test_an_element_that_moved_into_another_root_is_found(where: str) -> None:
    decision = lost(BUY, with_change(BUY, **{where: "#dialog"}))

    assert (decision.action, decision.index) == ("heal", BUY)


def test_how_sure_one_has_to_be_can_be_set() -> None:
    page = with_change(BUY, text="Purchase", id="x", classes="y")
    confidence = lost(BUY, page).confidence
    assert 0.01 < confidence < 0.999

    strict = lost(BUY, page, settings=Settings(heal_at=confidence + 0.0005, propose_at=confidence))
    lax = lost(BUY, page, settings=Settings(heal_at=confidence))

    assert (strict.action, lax.action) == ("propose", "heal")
    assert strict.reason == f"confidence {confidence:.0%} is below {confidence + 0.0005:.0%}"


def test_the_ranking_says_what_the_score_is_made_of() -> None:
    best, second, *_ = lost(BUY, with_change(BUY, id="x")).ranking

    assert best.score > second.score
    assert best.by_feature["text_equal"] == 1.0
    assert 0 < best.by_feature["id_pairs"] < 1 or best.by_feature["id_pairs"] == 0


def test_what_is_far_down_a_long_page_is_found() -> None:
    crowd = [element("span", f"word{number} more", xpath=f"/html[1]/body[1]/p[{number}]/span[1]") for number in range(1, 600)]

    assert lost(BUY, [*crowd, *with_change(BUY, id="x")]).index == len(crowd) + BUY


def test_a_button_is_known_by_where_it_sends_its_form() -> None:
    page = [
        element("button", "Put in your bag", id="cta", classes="chakra", href="/basket", xpath="/html[1]/body[1]/div[2]/form[2]/button[1]"),
        element("button", "Add to favourites", href="/wishes", xpath="/html[1]/body[1]/div[2]/form[1]/button[1]"),
    ]
    old = element("button", "Add to basket", id="add", href="/basket", xpath="/html[1]/body[1]/main[1]/form[1]/button[1]")
    elsewhere = replace(old, href="/orders")

    assert decide(old, page).index == 0
    assert similarity(old, page[0]) > similarity(elsewhere, page[0]) + 0.1
    assert similarity(old, replace(page[0], name="delete")) < similarity(old, page[0])


def test_a_link_that_looks_like_a_button_sends_no_form() -> None:
    old = element("a", "Add to basket", href="/basket", is_button=True)
    new = element("a", "Put in your bag", href="/basket", is_button=True)

    # Where it leads is among what is compared, and counts once.
    assert similarity(old, new) == weigh(compare(old, new), FITTED.weights)


def test_what_is_known_to_be_another_element_is_not_even_proposed() -> None:
    old, terms = (
        element(
            "input",
            "",
            type="checkbox",
            id=name,
            label=label,
            xpath=f"/html[1]/body[1]/form[1]/div[{place}]/input[1]",
            box=Box(20, top, 13, 13),
        )
        for name, label, place, top in (("gift", "Wrap as a gift", 5, 300), ("terms", "I accept the terms", 6, 330))
    )
    page = [replace(terms, xpath="/html[1]/body[1]/form[1]/div[5]/input[1]", box=Box(20, 300, 13, 13))]

    decision = decide(old, page, others=[terms], settings=Settings(propose_at=0.0))

    assert (decision.action, decision.obstacle) == ("abstain", "the best match fits another element of the old page better")
