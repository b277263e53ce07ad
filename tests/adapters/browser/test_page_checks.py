"""Checks of whole pages: accessibility by axe-core, and pictures compared with stored ones."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image

from maestro_fabric.adapters.browser.visual import compare
from maestro_fabric.model import Outcome, Status

pytestmark = pytest.mark.browser

GOOD = "<!doctype html><html lang=en><title>Shop</title><main><h1>Shop</h1><img alt=logo src=''><button>Buy</button></main>"
BAD = (
    "<!doctype html><html><title>Shop</title><main><h1>Shop</h1><img id=logo src=''><img id=old src=''>"
    "<button id=buy></button><p style='color:#bbb;background:#fff'>pale</p></main>"
)


def page(html: str) -> dict[str, Any]:
    return {"open": f"data:text/html,{quote(html)}"}


def test_a_page_without_violations_passes(play: Any) -> None:
    assert play(page(GOOD), {"check_a11y": {}}).status is Status.PASSED


def test_violations_are_told_the_worst_first_with_rule_impact_element_and_help(play: Any) -> None:
    outcome: Outcome = play(page(BAD), {"check_a11y": {"soft": True}}, {"check_a11y": {"rules": ["image-alt"], "css": "main"}})
    first, second = (step.message for step in outcome.steps[1:])

    assert outcome.status is Status.FAILED
    assert "expected: no accessibility violation\n" in first
    assert "seen:     5 elements that break 4 rules" in first
    assert first.index("critical button-name") < first.index("critical image-alt") < first.index("serious color-contrast")
    assert '#buy  <button id="buy"></button>' in first
    assert "https://dequeuniversity.com/rules/axe/" in first
    assert "seen:     2 elements that break 1 rule" in second
    assert [row["rule"] for row in json.loads(play.files(outcome)["a11y"].read_text())] == ["image-alt"]


@pytest.mark.parametrize(
    "step",
    [
        pytest.param({"rules": ["document-title"]}, id="rules"),
        pytest.param({"tags": ["wcag2a"], "ignore": ["image-alt", "button-name", "html-has-lang"]}, id="tags-and-ignore"),
        pytest.param({"css": "h1"}, id="part"),
        pytest.param({"rules": ["color-contrast"], "impact": "critical"}, id="impact"),
        pytest.param({"rules": ["image-alt"], "known": [{"rule": "image-alt"}]}, id="known-rule"),
        pytest.param(
            {"rules": ["image-alt"], "known": [{"rule": "image-alt", "css": "#logo"}, {"rule": "image-alt", "css": "img[id^=o]"}]},
            id="known-elements",
        ),
    ],
)
def test_what_is_not_asked_for_or_known_does_not_fail(play: Any, step: dict[str, Any]) -> None:
    outcome = play(page(BAD), {"check_a11y": step})

    assert outcome.status is Status.PASSED, outcome.fault


def test_a_known_violation_hides_no_other_one_and_is_told_when_it_is_gone(play: Any) -> None:
    known = [{"rule": "image-alt", "css": "#logo"}, {"rule": "link-name", "css": "a.old"}]

    outcome = play(page(BAD), {"check_a11y": {"tags": ["cat.text-alternatives", "cat.name-role-value"], "known": known}})

    assert "#old" in outcome.fault.message
    assert "#logo" not in outcome.fault.message
    assert "the known violation link-name a.old is gone: take it off the list" in outcome.output


def test_frames_are_looked_into(play: Any) -> None:
    outer = "<html lang=en><title>x</title><iframe title=inner srcdoc='<html lang=en><title>y</title><img src=x>'></iframe>"

    outcome = play(page(outer), {"check_a11y": {"rules": ["image-alt"]}})

    assert outcome.status is Status.FAILED
    assert "iframe > img" in outcome.fault.message


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"rules": ["image-alts"]}, "axe-core has no rule 'image-alts': did you mean 'image-alt'?"),
        ({"tags": ["nonsense"]}, "axe-core has no tag 'nonsense': known: "),
        ({"css": "#none"}, "no element matches #none"),
    ],
)
def test_rules_tags_and_parts_that_do_not_exist_are_errors(play: Any, step: dict[str, Any], message: str) -> None:
    outcome = play(page(GOOD), {"check_a11y": step})

    assert outcome.status is Status.ERROR
    assert message in outcome.fault.message


MOVING = (
    "<style>body{margin:0} @keyframes turn {to {transform: rotate(1turn)}} #turning {animation: turn 1s linear infinite}"
    "#fading {transition: opacity 30s; opacity: 0} #clock {color: red}</style>"
    "<div id=turning>|</div><input autofocus value=caret><p id=clock>12:00</p><p id=price>3 EUR</p>"
)


def stored(play: Any, picture: str = "front") -> Path:
    return play.root / "__screenshots__" / "web" / "journey" / f"{picture}-chromium.png"


def store(play: Any, *steps: Any) -> Outcome:
    play.options = replace(play.options, update_visual=True)
    outcome: Outcome = play(*steps)
    play.options = replace(play.options, update_visual=False)
    return outcome


def test_a_page_is_compared_with_its_stored_picture_without_what_moves_and_what_is_masked(play: Any) -> None:
    check = {"check_visual": {"picture": "front", "mask": ["#clock"], "full_page": True}}
    made = store(play, page(MOVING), check)
    later = {"run_js": "document.querySelector('#clock').textContent = '23:59'"}
    dearer = {"run_js": "document.querySelector('#price').textContent = '999 EUR'"}

    assert made.status is Status.PASSED, made.fault
    assert "stored __screenshots__/web/journey/front-chromium.png" in made.output
    assert play(page(MOVING), later, check).status is Status.PASSED
    changed = play(page(MOVING), dearer, check, {"run_js": "not reached"})

    assert changed.status is Status.FAILED
    assert "expected: a picture like __screenshots__/web/journey/front-chromium.png\n" in changed.fault.message
    assert "pixels differ (" in changed.fault.message
    assert "--update-visual" in changed.fault.message
    kept = play.files(changed)
    assert {"seen", "expected", "difference"} <= set(kept)
    assert (255, 0, 0) in {colour for _, colour in Image.open(kept["difference"]).getcolors(100_000)}
    assert kept["expected"].read_bytes() == stored(play).read_bytes()


def test_a_tolerance_lets_a_little_differ_and_masks_are_gone_afterwards(play: Any) -> None:
    check = {"check_visual": {"picture": "front", "mask": ["#clock"], "tolerance": 0.2, "within": "100ms"}}
    store(play, page(MOVING), check)
    gone = {"expect": {"css": "[data-maestro-mask]", "count": 0}}

    outcome = play(page(MOVING), {"run_js": "document.querySelector('#price').textContent = '4 EUR'"}, check, gone)

    assert outcome.status is Status.PASSED, outcome.fault


def test_an_element_alone_is_compared_and_another_size_is_told(play: Any) -> None:
    check = {"check_visual": {"picture": "price", "css": "#price", "within": "1s", "soft": True}}
    store(play, page(MOVING), check)

    outcome = play(page(MOVING), {"run_js": "document.querySelector('#price').style.height = '99px'"}, check)

    assert outcome.status is Status.FAILED
    assert "expected: a picture of " in outcome.fault.message
    assert "x99 pixels" in outcome.fault.message
    assert not list(play.artifacts.rglob("scratch-*"))


def test_a_missing_picture_is_an_error_that_says_how_to_make_it_and_nothing_is_written(play: Any) -> None:
    outcome = play(page(GOOD), {"check_visual": "front"})

    assert outcome.status is Status.ERROR
    assert "there is no stored picture __screenshots__/web/journey/front-chromium.png: look at the picture" in outcome.fault.message
    assert "--maestro-update-visual" in outcome.fault.message
    assert play.files(outcome)["screenshot"].is_file()
    assert not stored(play).exists()


def png(size: tuple[int, int], colour: str, dot: str = "") -> bytes:
    picture = Image.new("RGB", size, colour)
    if dot:
        picture.paste(Image.new("RGB", (1, 1), dot), (0, 0))
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()


@pytest.mark.parametrize(
    ("wanted", "seen", "threshold", "different"),
    [
        (png((10, 10), "white"), png((10, 10), "white"), 0.0, 0),
        (png((10, 10), "white"), png((10, 10), "white", "#fffffe"), 0.0, 1),
        (png((10, 10), "white"), png((10, 10), "white", "#fff0ff"), 0.1, 0),
        (png((10, 10), "white"), png((10, 10), "black"), 0.1, 100),
        (png((10, 10), "white"), png((10, 12), "white"), 0.1, 20),
    ],
    ids=["same", "one", "little", "all", "larger"],
)
def test_pixels_differ_when_a_colour_does_by_more_than_the_threshold(wanted: bytes, seen: bytes, threshold: float, different: int) -> None:
    comparison = compare(wanted, seen, threshold=threshold)

    assert comparison.different == different
    assert comparison.is_within(0.0) is (different == 0)
