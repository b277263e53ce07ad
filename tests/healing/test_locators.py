"""New locators, as a good engineer would write them."""

from __future__ import annotations

from typing import Any

import pytest

from maestro_fabric.healing import locators_of

MAIN = "/html[1]/body[1]/main[1]"


def button(name: str = "Buy", **fields: Any) -> dict[str, Any]:
    return {"tag": "button", "role": "button", "accessible_name": name, "text": name, "xpath": f"{MAIN}/button[1]", **fields}


def first(element: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    return locators_of(element, [*others, element])[0]


def test_role_and_name_come_first_then_the_rest_in_order() -> None:
    field = {
        "tag": "input", "role": "textbox", "accessible_name": "Your email", "label": "Email", "test_id": "mail", "placeholder": "you@",
        "id": "email", "name": "mail", "classes": "wide", "xpath": f"{MAIN}/input[1]",
    }  # fmt: skip

    assert locators_of(field, [field]) == [
        {"role": "textbox", "name": "Your email"},
        {"label": "Email"},
        {"test_id": "mail"},
        {"placeholder": "you@"},
        {"css": "#email"},
        {"css": "input[name=mail]"},
        {"css": "input.wide"},
        {"css": "#email"},
    ]


def test_a_name_that_another_holds_is_compared_exactly() -> None:
    other = button("Buy all", xpath=f"{MAIN}/button[2]")

    assert first(button("Buy"), other) == {"role": "button", "name": "Buy", "exact": True}


def test_what_another_shares_is_no_locator() -> None:
    twin = button(id="b2", xpath=f"{MAIN}/button[2]")

    assert locators_of(button(id="b1"), [button(id="b1"), twin])[0] != {"role": "button", "name": "Buy"}
    element = button(id="b1")
    assert locators_of(element, [element, twin]) == [{"css": "#b1"}, {"css": "#b1"}]


def test_a_text_that_lies_in_a_box_is_still_its_own() -> None:
    note = {"tag": "p", "text": "Sold out", "xpath": f"{MAIN}/p[1]"}
    box = {"tag": "main", "text": "Sold out today", "xpath": MAIN}

    assert first(note, box) == {"text": "Sold out"}


@pytest.mark.parametrize("made_up", ["css-1x2y3z", "ember123", "a1b2c3d4e5f", "radix-7", "x__y"])
def test_ids_and_classes_that_a_framework_made_up_come_last_or_not_at_all(made_up: str) -> None:
    element = {"tag": "div", "id": made_up, "classes": f"{made_up} panel", "xpath": f"{MAIN}/div[1]"}

    assert first(element) == {"css": "div.panel"}


def test_the_way_from_an_id_is_the_last_resort() -> None:
    element = {"tag": "td", "xpath": f"{MAIN}/table[1]/tr[2]/td[1]", "id_xpath": "//*[@id='stock']/tr[2]/td[1]"}

    assert locators_of(element, [element]) == [{"css": "#stock > tr:nth-of-type(2) > td:nth-of-type(1)"}]


@pytest.mark.parametrize(
    ("frame", "told"), [("#map", "#map"), ('#outer >> iframe[name="x"]', ["#outer", 'iframe[name="x"]'])], ids=["one", "two"]
)
def test_a_frame_goes_with_the_locator(frame: str, told: object) -> None:
    assert first(button(frame=frame), button()) == {"role": "button", "name": "Buy", "frame": told}


def test_an_element_without_anything_has_no_locator() -> None:
    element = {"tag": "div", "xpath": f"{MAIN}/div[1]"}

    assert locators_of(element, [element]) == []


def test_long_texts_are_no_locators() -> None:
    element = button("word " * 20)

    assert locators_of(element, [element]) == []
