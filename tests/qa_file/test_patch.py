"""A step's locator replaced in the text of a file."""

from __future__ import annotations

import difflib
import json
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from maestro_fabric.errors import ConfigError
from maestro_fabric.qa_file.patch import replace_locator

TEXT = """\
# head
cases:
  - steps:
      - fill: {css: "#q", value: tea}   # what is searched
      - click: "#find"     # go
      - click:
          css: "#buy"   # the id
          nth: 2
          within: 3s
      - click: {role: button, name: Old, exact: true, within: 2s}
      - click: {within: 1s, text: Old}
      - click: {css: "#${params.item}"}
      - click: "#last"
"""


def diff(**change: object) -> list[str]:
    after = replace_locator(TEXT, **change)  # type: ignore[arg-type]
    return [
        line for line in difflib.unified_diff(TEXT.splitlines(), after.splitlines(), n=0, lineterm="") if line[:2] not in ("--", "++", "@@")
    ]


@pytest.mark.parametrize(
    ("line", "doing", "old", "new", "lines"),
    [
        (4, "fill", '{"css":"#q"}', '{"role":"textbox","name":"Search"}',
         ['-      - fill: {css: "#q", value: tea}   # what is searched',
          "+      - fill: {role: textbox, name: Search, value: tea}   # what is searched"]),
        (5, "click", '{"css":"#find"}', '{"role":"button","name":"Find"}',
         ['-      - click: "#find"     # go', "+      - click: {role: button, name: Find}     # go"]),
        (6, "click", '{"css":"#buy","nth":2}', '{"role":"button","name":"Buy: now"}',
         ['-          css: "#buy"   # the id', "-          nth: 2", "+          role: button", '+          name: "Buy: now"   # the id']),
        (10, "click", '{"role":"button","name":"Old","exact":true}', '{"css":"#x"}',
         ["-      - click: {role: button, name: Old, exact: true, within: 2s}", '+      - click: {css: "#x", within: 2s}']),
        (11, "click", '{"text":"Old"}', '{"label":"New"}',
         ["-      - click: {within: 1s, text: Old}", "+      - click: {within: 1s, label: New}"]),
        (13, "click", '{"css":"#last"}', '{"css":"#end"}', ['-      - click: "#last"', '+      - click: "#end"']),
    ],
    ids=["flow", "shorthand", "block", "several keys", "not the first key", "css"],
)  # fmt: skip
def test_nothing_else_changes(line: int, doing: str, old: str, new: str, lines: list[str]) -> None:
    assert diff(line=line, doing=doing, old=old, new=new) == lines


@pytest.mark.parametrize(
    ("line", "doing", "old", "match"),
    [
        (5, "click", '{"css":"#other"}', 'has another locator now than "#other"'),
        (5, "fill", '{"css":"#find"}', "there is no step 'fill' any more"),
        (99, "click", '{"css":"#find"}', "there is no step 'click' any more"),
        (12, "click", '{"css":"#tea"}', "stands for several"),
    ],
)
def test_a_file_that_has_been_changed_since_is_left_alone(line: int, doing: str, old: str, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        replace_locator(TEXT, line=line, doing=doing, old=old, new='{"css":"#x"}')


def test_a_file_that_is_no_yaml_any_more_is_told() -> None:
    with pytest.raises(ConfigError, match="cannot be read as YAML"):
        replace_locator("a: [", line=1, doing="click", old="{}", new="{}")


def test_a_list_in_place_of_a_locator_is_told() -> None:
    with pytest.raises(ConfigError, match="has another locator now"):
        replace_locator("click: [a]", line=1, doing="click", old='{"css":"#a"}', new='{"css":"#b"}')


def test_aliases_are_followed_once() -> None:
    text = 'x: &a {click: "#a"}\ny: *a\n'

    assert replace_locator(text, line=1, doing="click", old='{"css":"#a"}', new='{"css":"#b"}') == 'x: &a {click: "#b"}\ny: *a\n'


LOCATORS = [
    {"css": "#buy"},
    {"role": "button", "name": "Buy: all, [now] #1"},
    {"label": "Ünï 'q' \"x\"", "exact": True},
    {"text": "yes"},
    {"css": "a > b", "frame": "#f"},
]
STRANGE = [
    "# a comment, with: colons",
    "",
    "   ",
    "other: {a: 1,   b: [2,3]}",
    "text: |\n  lines # no comment\n\n  more",
    "'quoted' : \"a\\tb\"",
    "long: >-\n  folded",
]


@given(
    before=st.lists(st.sampled_from(STRANGE), max_size=3, unique=True),
    after=st.lists(st.sampled_from(STRANGE), max_size=3, unique=True),
    old=st.sampled_from(LOCATORS),
    new=st.sampled_from(LOCATORS),
    style=st.sampled_from(["flow", "block", "in json"]),
    tail=st.sampled_from(["", "   # why", "  "]),
    end=st.sampled_from(["\n", "", "\n\n\n"]),
)
def test_nothing_but_the_locator_changes(
    before: list[str], after: list[str], old: dict[str, Any], new: dict[str, Any], style: str, tail: str, end: str
) -> None:
    assume(not (tail and end == ""))
    pairs = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in old.items()]
    step = {
        "flow": f"- click: {{ {',  '.join(pairs)}, within: 2s }}{tail}",
        "block": "- click:\n" + "".join(f"    {pair}\n" for pair in pairs) + f"    within: 2s{tail}",
        "in json": f"- click: {json.dumps({**old, 'within': '2s'}, ensure_ascii=False)}{tail}",
    }[style]
    head = "".join(f"{line}\n" for line in before) + "steps:\n"
    foot = "".join(f"\n{line.replace('a comment', 'another')}" for line in after if line not in before) + end
    text = f"{head}{step}{foot}"
    line = head.count("\n") + 1

    changed = replace_locator(text, line=line, doing="click", old=_kept(old), new=_kept(new))

    assert changed.startswith(head)
    assert changed.endswith(f"{tail}{foot}")
    data = yaml.safe_load(text)
    assert yaml.safe_load(changed) == {**data, "steps": [{"click": {**new, "within": "2s"}}]}
    # There and back again: a rewritten file would not be the same, one with exchanged characters is.
    back = replace_locator(changed, line=line, doing="click", old=_kept(new), new=_kept(old))
    assert replace_locator(back, line=line, doing="click", old=_kept(old), new=_kept(new)) == changed


def _kept(locator: dict[str, Any]) -> str:
    return json.dumps(locator, ensure_ascii=False)
