"""How alike two elements are: feature by feature, each from 0 to 1 and the same in both directions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

from maestro_fabric.healing.fingerprint import Fingerprint
from maestro_fabric.healing.prints import dice, overlap
from maestro_fabric.healing.traits import Box, Step, Traits

__all__ = ["FEATURES", "compare", "glance", "score_of", "shared_start", "weigh"]

FEATURES = (
    "tag",
    "kind",
    "text_equal",
    "text_letters",
    "text_pairs",
    "text_words",
    "text_within",
    "text_length",
    "no_text",
    "near_pairs",
    "near_words",
    "address_equal",
    "address_pairs",
    "id_pairs",
    "id_both",
    "name_equal",
    "identity",
    "everything",
    "everything_within",
    "everything_pairs",
    "path_start",
    "path_end",
    "tags_start",
    "tags_end",
    "depth",
    "anchor_path",
    "same_place",
    "last_place",
    "left",
    "top",
    "distance",
    "width",
    "height",
    "button",
)
"""What `compare` gives, in its order."""

_NO_BOXES = (0.0, 0.0, 0.0, 0.0, 0.0)
# The recordings that the weights are fitted on know no test ids, frames and shadow roots, so these three are set by hand.
_SAME_TEST_ID = 0.5
_OTHER_TEST_ID = 0.85
# What a server knows a field by stays when everything that people see is new; so does, of a button, where it sends its form.
_SAME_FIELD = 0.5
_SAME_GOAL = 0.3
_OTHER_ROOT = 0.95


def score_of(one: Fingerprint, other: Fingerprint, values: Sequence[float], weights: Sequence[float]) -> float:
    """The weighted mean of the values of `compare`, moved by what people set to be found by and by where the elements live; symmetric.

    The same test id takes half of what is missing to 1, as does a field's name; where a button sends its form takes a part of it. Two
    different test ids, and two different frames or shadow roots, take a part away.
    """
    score = weigh(values, weights)
    if one.test_id and other.test_id:
        score = score + (1 - score) * _SAME_TEST_ID if one.test_id == other.test_id else score * _OTHER_TEST_ID
    if one.name and one.name == other.name and one.type == other.type and one.traits.kind == other.traits.kind == "field":
        score = score + (1 - score) * _SAME_FIELD
    if _send_alike(one, other):
        score = score + (1 - score) * _SAME_GOAL
    if (one.frame, one.shadow) != (other.frame, other.shadow):
        score *= _OTHER_ROOT
    return score


def _send_alike(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether both are buttons that send their forms to the same address, under the same name.

    A link that looks like a button sends none; where it leads is one of the features, which are fitted.
    """
    a, b = one.traits, other.traits
    return a.kind == b.kind == "button" and "a" not in (one.tag, other.tag) and a.address == b.address != "" and one.name == other.name


def weigh(values: Sequence[float], weights: Sequence[float]) -> float:
    """The weighted mean of the values of `compare`, from 0 to 1."""
    return float(sum(map(mul, values, weights)) / sum(weights))


def compare(one: Fingerprint, other: Fingerprint) -> tuple[float, ...]:
    """The features of a pair of elements, in the order of `FEATURES`; symmetric."""
    a, b = one.traits, other.traits
    return (
        float(one.tag == other.tag),
        float(a.kind == b.kind),
        *_texts(a, b),
        dice(a.near_pairs, b.near_pairs),
        dice(a.near_words, b.near_words),
        *_addresses(one, other),
        *_names(one, other),
        *_paths(a, b),
        *_boxes(a.box, b.box),
        float(one.is_button == other.is_button),
    )


def glance(old: Fingerprint, page: Sequence[Fingerprint]) -> list[float]:
    """A rough likeness of each element of a page, at a tenth of the cost of `compare`: to leave out what cannot be it."""
    pairs, pair_count, parts, part_count, kind, tag, end, depth, test_id, box = old.traits.glanced
    found = []
    # Written out and without calls: a page has hundreds of elements, and this is what a decision spends its time on.
    for element in page:
        bits, count, words, word_count, other_kind, other_tag, other_end, other_depth, other_id, other_box = element.traits.glanced
        rough = 2 * (pairs & bits).bit_count() / (pair_count + count or 1) + 2 * (parts & words).bit_count() / (
            part_count + word_count or 1
        )
        if other_kind == kind:
            rough += 0.3
        if other_tag == tag:
            rough += 0.3
        if other_end == end:
            rough += 0.3
        if other_depth == depth:
            rough += 0.2
        if test_id and test_id == other_id:
            rough += 1.0
        if box is not None and other_box is not None:
            across, down = abs(box[0] - other_box[0]), abs(box[1] - other_box[1])
            if across < 200:
                rough += 0.6 - 0.003 * across
            if down < 600:
                rough += 0.3 - 0.0005 * down
            if abs(box[2] - other_box[2]) < 5:
                rough += 0.3
        found.append(rough)
    return found


def shared_start(one: Sequence[Step] | Sequence[str], other: Sequence[Step] | Sequence[str]) -> int:
    """How many steps two paths have in common from the root."""
    count = 0
    for step, same in zip(one, other, strict=False):
        if step != same:
            break
        count += 1
    return count


def _texts(a: Traits, b: Traits) -> tuple[float, ...]:
    return (
        float(a.text == b.text != ""),
        float(a.letters == b.letters != ""),
        dice(a.text_pairs, b.text_pairs),
        dice(a.text_words, b.text_words),
        overlap(a.text_words, b.text_words),
        _ratio(len(a.text), len(b.text)),
        float(a.text == b.text == ""),
    )


def _addresses(one: Fingerprint, other: Fingerprint) -> tuple[float, float]:
    if not one.href or not other.href:
        return 0.0, 0.0
    return float(one.traits.address == other.traits.address), dice(one.traits.address_pairs, other.traits.address_pairs)


def _names(one: Fingerprint, other: Fingerprint) -> tuple[float, ...]:
    a, b = one.traits, other.traits
    return (
        1.0 if one.test_id == other.test_id != "" else dice(a.id_pairs, b.id_pairs),
        float(bool(one.id) == bool(other.id)),
        float(one.name == other.name != ""),
        dice(a.identity, b.identity),
        dice(a.everything, b.everything),
        overlap(a.everything, b.everything),
        dice(a.everything_pairs, b.everything_pairs),
    )


def _paths(a: Traits, b: Traits) -> tuple[float, ...]:
    longest = max(len(a.steps), len(b.steps), 1)
    return (
        shared_start(a.steps, b.steps) / longest,
        shared_start(a.steps[::-1], b.steps[::-1]) / longest,
        shared_start(a.tags, b.tags) / longest,
        shared_start(a.tags[::-1], b.tags[::-1]) / longest,
        _ratio(len(a.steps), len(b.steps)),
        _anchored(a, b),
        float(bool(a.steps and b.steps) and a.steps[-1].place == b.steps[-1].place),
        float(a.last_place == b.last_place),
    )


def _anchored(a: Traits, b: Traits) -> float:
    """How much of the paths from the nearest id is shared; nothing when those ids differ."""
    if a.anchor != b.anchor:
        return 0.0
    one, other = (a.anchor_steps, b.anchor_steps) if a.anchor else (a.steps, b.steps)
    longest = max(len(one), len(other))
    if longest == 0:
        return 1.0 if a.anchor else 0.0
    return min(1.0, (shared_start(one, other) + shared_start(one[::-1], other[::-1])) / longest)


def _boxes(one: Box | None, other: Box | None) -> tuple[float, ...]:
    if one is None or other is None:
        return _NO_BOXES
    across, down = abs(one.x - other.x), abs(one.y - other.y)
    return (
        math.exp(-across / 200),
        math.exp(-down / 300),
        max(0.0, 1 - math.hypot(across, down) / 1000),
        _ratio(one.width, other.width),
        _ratio(one.height, other.height),
    )


def _ratio(one: float, other: float) -> float:
    if one == other:
        return 1.0
    return min(one, other) / max(one, other) if one > 0 and other > 0 else 0.0
