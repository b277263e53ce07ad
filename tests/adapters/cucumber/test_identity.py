"""Names of scenarios."""

from __future__ import annotations

from maestro_fabric.adapters.cucumber.identity import case_ids, marker
from maestro_fabric.adapters.cucumber.said import Place, Scenario


def scenario(name: str, *cells: str, feature: str = "F", line: int = 1) -> Scenario:
    return Scenario(place=Place("a/cart.feature", line), feature=feature, name=name, headings=("item",) * bool(cells), cells=cells)


def titles(*scenarios: Scenario) -> list[str]:
    return [id_.title for id_ in case_ids("p", "s", scenarios)]


def test_what_has_no_name_is_named_by_its_file_and_line() -> None:
    assert titles(scenario("", feature="", line=7)) == ["cart: line 7"]


def test_each_name_is_there_once_and_holds_no_separator() -> None:
    assert titles(scenario("a::b"), scenario("a: b"), scenario("x\ty")) == ["F: a: b", "F: a: b (2)", "F: x y"]


def test_rows_get_a_number_when_their_cells_are_the_same_or_no_short_text() -> None:
    assert titles(*(scenario("buy", cell) for cell in ("tea", "tea", "a::b", "coffee"))) == [
        "F: buy[tea0]",
        "F: buy[tea1]",
        "F: buy[item2]",
        "F: buy[coffee]",
    ]


def test_a_tag_is_a_marker_that_can_be_selected() -> None:
    assert [marker(tag) for tag in ("@smoke", "@issue:12", "late", "@a(b)")] == ["smoke", "issue_12", "late", "a_b_"]
