"""Fingerprints from plain values."""

from __future__ import annotations

import pytest

from maestro_fabric.healing import Box, Fingerprint


def test_every_field_can_be_given() -> None:
    given = {
        "tag": "INPUT", "type": "submit", "role": "button", "accessible_name": "Send", "label": "l", "placeholder": "p", "test_id": "t",
        "id": "i", "name": "n", "classes": "a b", "href": "/h", "alt": "alt", "text": "Send", "neighbor_text": "near",
        "landmarks": ["Form", "main"], "is_button": True, "xpath": "/html[1]/input[1]", "id_xpath": "//*[@id='x']/input[1]",
        "attributes": {"b": 2, "a": "1"}, "box": [1, 2, 3, 4], "frame": "#f", "shadow": "x-y",
    }  # fmt: skip

    made = Fingerprint.from_mapping(given)

    assert made == Fingerprint(
        tag="input", type="submit", role="button", accessible_name="Send", label="l", placeholder="p", test_id="t",
        id="i", name="n", classes="a b", href="/h", alt="alt", text="Send", neighbor_text="near",
        landmarks=("Form", "main"), is_button=True, xpath="/html[1]/input[1]", id_xpath="//*[@id='x']/input[1]",
        attributes=(("a", "1"), ("b", "2")), box=Box(1, 2, 3, 4), frame="#f", shadow="x-y",
    )  # fmt: skip


def test_the_names_of_recordings_are_taken_too() -> None:
    made = Fingerprint.from_mapping({"tag": "a", "class": "x", "idxpath": "//y", "x": 1, "y": 2, "width": 3, "height": 4, "area": 12})

    assert (made.classes, made.id_xpath, made.box) == ("x", "//y", Box(1, 2, 3, 4))


def test_what_is_missing_is_empty() -> None:
    made = Fingerprint.from_mapping({"text": None})

    assert made == Fingerprint(tag="")


@pytest.mark.parametrize("sides", [[1, 2, 0, 0], [1, 2, None, 4], ["1", 2, 3, 4]])
def test_a_box_without_sides_is_none(sides: list[object]) -> None:
    assert Fingerprint.from_mapping({"tag": "a", "box": sides}).box is None


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"tag": "a"}, "link"),
        ({"tag": "div", "role": "tab"}, "button"),
        ({"tag": "input", "type": "SUBMIT"}, "button"),
        ({"tag": "input", "type": "email"}, "field"),
        ({"tag": "a", "is_button": True}, "button"),
        ({"tag": "h3"}, "heading"),
        ({"tag": "td"}, "item"),
        ({"tag": "nav"}, "box"),
        ({"tag": "em"}, "text"),
    ],
)
def test_a_kind_is_what_one_does_with_an_element(fields: dict[str, object], kind: str) -> None:
    assert Fingerprint.from_mapping(fields).traits.kind == kind


def test_the_path_from_an_id_counts_from_that_id() -> None:
    traits = Fingerprint.from_mapping({"tag": "a", "id_xpath": '//*[@id="list"]/li[3]/a[1]'}).traits

    assert traits.anchor == "list"
    assert [step.tag for step in traits.anchor_steps][-2:] == ["li", "a"]


def test_an_address_is_compared_without_its_host() -> None:
    one = Fingerprint.from_mapping({"tag": "a", "href": "https://example.org/Tea/?q=1"})
    other = Fingerprint.from_mapping({"tag": "a", "href": "/tea"})

    assert one.traits.address == other.traits.address == "tea"
