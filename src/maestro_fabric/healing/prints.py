"""Texts as sets of bits, so that comparing two of them is one ``and`` and one count of bits."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["NOTHING", "Print", "dice", "normal", "of_pairs", "of_words", "overlap", "words"]

# Primes: bits of different words fall on each other once in a thousand, which no threshold notices.
_WORD_BITS = 1021
_PAIR_BITS = 1009
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W\d_]{2,}|\d+")


class Print(NamedTuple):
    """A set of bits and how many there are."""

    bits: int
    size: int


NOTHING = Print(0, 0)


def normal(text: str) -> str:
    """The text in lower case with single spaces."""
    return " ".join(text.lower().split())


def words(text: str) -> frozenset[str]:
    """The words and numbers of a text, of a class or of an address: ``loginButton-2`` holds login, button and 2."""
    return frozenset(_WORD.findall(_CAMEL.sub(" ", text).lower()))


def of_words(found: Iterable[str]) -> Print:
    """The print of a set of words."""
    bits = 0
    for word in found:
        # Not `hash`, which differs from process to process.
        bits |= 1 << zlib.crc32(word.encode("utf-8", "surrogatepass")) % _WORD_BITS
    return Print(bits, bits.bit_count())


def of_pairs(text: str) -> Print:
    """The print of the pairs of neighbouring characters; of a single character, of that."""
    bits = 0
    for first, second in zip(text, text[1:] or text, strict=False):
        bits |= 1 << (ord(first) * 257 + ord(second)) % _PAIR_BITS
    return Print(bits, bits.bit_count())


def dice(one: Print, other: Print) -> float:
    """Twice what both hold, of what each holds: 0 to 1; 0 when both are empty."""
    total = one[1] + other[1]
    return 2.0 * (one[0] & other[0]).bit_count() / total if total else 0.0


def overlap(one: Print, other: Print) -> float:
    """What both hold, of the smaller one: 0 to 1; 0 when one is empty."""
    smaller = min(one[1], other[1])
    return (one[0] & other[0]).bit_count() / smaller if smaller else 0.0
