"""The reader agrees with PyYAML, and refuses what PyYAML would let through."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_fabric.qa_file.nodes import place_of
from maestro_fabric.qa_file.reader import MAX_DEPTH, read

# Keys are texts in a config: `on:` is the key "on", where YAML 1.1 says true.
KEYS = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\x7f"), max_size=8).filter(
    lambda key: isinstance(yaml.safe_load(yaml.safe_dump({key: 1})).popitem()[0], str) and key != "<<"
)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufeff"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | TEXTS
DATA = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12)


@given(DATA, st.booleans() | st.none(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_document_reads_as_pyyaml_reads_it(data: Any, flow: bool | None, with_libyaml: bool) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True)

    document = read(text, with_libyaml=with_libyaml)

    assert document.troubles == []
    assert document.data == yaml.safe_load(text)


@given(st.dictionaries(KEYS, st.lists(TEXTS, max_size=3), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_both_parsers_give_the_same_places(data: dict[str, Any]) -> None:
    text = yaml.safe_dump(data, allow_unicode=True)
    paths = [(key, index) for key, values in data.items() for index in range(len(values))] + [(key,) for key in data]

    with_libyaml, without = read(text), read(text, with_libyaml=False)

    assert [place_of(with_libyaml.data, path, at_key=True) for path in paths] == [
        place_of(without.data, path, at_key=True) for path in paths
    ]


@pytest.mark.parametrize(
    "word",
    [
        "yes",
        "No",
        "on",
        "OFF",
        "true",
        "~",
        "null",
        "",
        "12",
        "0x1f",
        "0o17",
        "017",
        "1_000",
        "1:30",
        "1.5",
        ".inf",
        "-.inf",
        "1e3",
        "+3",
        "n",
        "y",
    ],
)
def test_a_plain_word_means_what_it_means_to_pyyaml(word: str) -> None:
    assert read(f"a: {word}").data == yaml.safe_load(f"a: {word}")


def test_not_a_number_is_read() -> None:
    assert math.isnan(read("a: .nan").data["a"])


def test_a_date_stays_a_text() -> None:
    assert read("a: 2026-01-31").data == {"a": "2026-01-31"}


def test_an_equals_sign_is_a_text_where_pyyaml_fails() -> None:
    assert read("a: =").data == {"a": "="}


def test_keys_are_texts() -> None:
    assert read("on: 1\n5: 2\nyes: 3").data == {"on": 1, "5": 2, "yes": 3}


@pytest.mark.parametrize(
    "text",
    [
        "a: &x {b: 1}\nc: *x",
        "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}",
        "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}",
        "a: {<<: {b: 1}, c: 2}",
        "a: &x [1, &y 2, *y]\nb: *x",
        "a: !!str 12\nb: !!int '3'\nc: !!float 1\nd: !!map {e: !!seq []}\nf: !!null ''\ng: !!bool yes",
        "a: |\n  two\n  lines\nb: >-\n  one\n  line",
        "&a b: *a",
        "%YAML 1.1\n---\na: 1\n...\n",
        "- 1\n- [2, {c: 3}]",
        "just text",
    ],
)
def test_anchors_merges_and_tags_read_as_pyyaml_reads_them(text: str) -> None:
    document = read(text)

    assert document.troubles == []
    assert document.data == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a: 1\nb: 2\na: 3", "the key 'a' is written twice", 10),
        ("a: !!python/object:os.system x", "unknown tag '!!python/object:os.system'", 3),
        ("a: !mine {b: 1}", "unknown tag '!mine'", 3),
        ("a: !!timestamp 2026-01-01", "unknown tag '!!timestamp'", 3),
        ("a: !!int tea", "'tea' does not fit", 3),
        ("a: 1\n---\nb: 2", "a second document begins here: one file is one document", 5),
        ("a: *x", "no anchor '&x' stands before this", 3),
        ("a: &x [1, *x]", "'*x' stands inside what it names", 10),
        ("? [a, b]\n: 1", "a key must be a text here, not a list, a mapping or an alias", 2),
        ("a: &x 1\n*x : 2", "a key must be a text here, not a list, a mapping or an alias", 8),
        ("a: {<<: 5}", "'<<' takes a mapping or a list of mappings", 8),
        ("a: {b: 1", "expected ',' or '}'", 8),
        ("a: 1\n\tb: 2", "a tab cannot stand here: YAML is indented with spaces", 5),
        ("a: \x01", "U+0001 is not allowed", 3),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str, place: int) -> None:
    (trouble,) = read(text).troubles

    assert message in trouble.message
    assert trouble.mark == place


def test_all_duplicate_keys_are_told_at_once() -> None:
    assert [trouble.mark for trouble in read("{a: 1, a: 2, b: {c: 1, c: 2}}").troubles] == [7, 23]


def test_deep_nesting_is_refused_without_recursion() -> None:
    (trouble,) = read("[" * 100_000).troubles

    assert trouble.message == f"more than {MAX_DEPTH} levels are nested here"
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH).troubles == []


def test_an_alias_bomb_is_refused() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    (trouble,) = read("\n".join(levels)).troubles

    assert "the aliases up to here stand for more than 1,000,000 values" in trouble.message


def test_aliases_that_nest_too_deep_are_refused() -> None:
    levels = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60)]

    (trouble,) = read("\n".join(levels)).troubles

    assert "nests too deep" in trouble.message


def test_texts_with_references_are_noted_also_behind_aliases_and_merges() -> None:
    text = 'a: &x {b: "${vars.v}", c: ["${vars.w}"]}\nd: *x\ne: {<<: *x, b: own}\nf: [&y "${vars.u}", *y]\ng: {<<: {h: "${vars.t}"}}'

    paths = [note.path for note in read(text).notes]

    assert sorted(paths, key=str) == sorted(
        [("a", "b"), ("a", "c", 0), ("d", "b"), ("d", "c", 0), ("e", "c", 0), ("f", 0), ("f", 1), ("g", "h")], key=str
    )
