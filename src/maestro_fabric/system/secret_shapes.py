"""The shapes in which one secret shows up: as it is, and in URLs, HTML, JSON and Python texts, also one inside another."""

from __future__ import annotations

import re
from html.entities import codepoint2name

__all__ = ["shapes_of"]

_PLAIN = "A-Za-z0-9"
_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}
# Four texts one inside another. Unbounded, and from each of its places, a long run of backslashes would take minutes.
_BOUNDED = r"\\{1,15}"
_AT_START = r"(?<!\\)\\+"
_PIECES = re.compile(rf"[{_PLAIN}]+|\s+|\\+|.", re.DOTALL)


def shapes_of(value: str) -> re.Pattern[str]:
    """A pattern that finds the value however its characters are written.

    A pattern and not a list of spellings: the URL standard has five sets of characters that are encoded, browsers differ from
    it in some, and a URL in a page's HTML is written by two rules. Letters and digits stand for themselves in all of them.

    Args:
        value: Not empty.

    Source:
        https://url.spec.whatwg.org/#percent-encoded-bytes, RFC 8259 section 7, HTML's character references.
    """
    first, *others = (found[0] for found in _PIECES.finditer(value))
    return re.compile(_piece(first, _AT_START) + "".join(_piece(piece, _BOUNDED) for piece in others))


def _piece(text: str, slashes: str) -> str:
    """One piece's pattern; ``slashes`` is that of the backslashes which may be written before it."""
    if re.match(rf"[{_PLAIN}]", text):
        return text
    if text.isspace():
        # As one: terminals wrap, pages fold, and files have other ends of lines.
        own = r"(?<!\s)\s+" if slashes == _AT_START else r"\s"
        return rf"(?:{own}|\+|{'|'.join(_encoded(char, slashes) for char in sorted({*text, ' ', chr(10), chr(13)}))})+"
    if text.startswith("\\"):
        # Each text inside a text doubles them, and browsers turn them into slashes in a path.
        own = r"(?<!\\)" if slashes == _AT_START else ""
        return rf"{own}(?:\\|/|{_encoded(text[0], _BOUNDED)})+"
    # A JSON or Python text has backslashes before quotes and slashes.
    # It comes last, since ``&amp;`` begins with what it stands for.
    return rf"(?:{_encoded(text, slashes)}|(?:{slashes})?{re.escape(text)})"


def _encoded(char: str, slashes: str) -> str:
    """Alternatives that all begin with ``%``, ``&`` or a backslash."""
    code = ord(char)
    percent = "".join("%(?:25)*" + _hex(f"{byte:02x}") for byte in char.encode("utf-8", "surrogatepass"))
    names = [rf"\#0*{code}", rf"\#[xX]0*{_hex(f'{code:x}')}", *_names(code)]
    utf_16 = char.encode("utf-16-be", "surrogatepass").hex()
    ways = [percent, rf"&(?:amp;)*(?:{'|'.join(names)});"]
    ways.append(slashes + _BOUNDED.join(f"u{_hex(utf_16[at : at + 4])}" for at in range(0, len(utf_16), 4)))
    if code > 0xFFFF:
        ways.append(rf"{slashes}U{_hex(f'{code:08x}')}")
    if code <= 0xFF:
        ways.append(rf"{slashes}x{_hex(f'{code:02x}')}")
    if char in _ESCAPES:
        ways.append(slashes + _ESCAPES[char])
    return "|".join(ways)


def _names(code: int) -> list[str]:
    """HTML's names; ``&apos;`` is XML's, and Python's table is without it."""
    return ["apos"] if code == ord("'") else [codepoint2name[code]] if code in codepoint2name else []


def _hex(digits: str) -> str:
    """Hexadecimal digits in either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)
