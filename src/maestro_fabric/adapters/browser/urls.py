"""Addresses: relative ones made whole, and expected ones compared with the one that is seen."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from maestro_fabric.errors import ConfigError

__all__ = ["glob_pattern", "join_url", "matches_url", "path_and_query"]

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")


def join_url(base_url: str, url: str) -> str:
    """The whole address, as a link on the page ``base_url`` would lead to it.

    Raises:
        ConfigError: when the address is relative and there is no ``base_url``.
    """
    if _SCHEME.match(url):
        return url
    if not base_url:
        raise ConfigError(f"{url!r} is relative, and there is no base_url: set environments.<name>.base_url")
    return urljoin(base_url, url)


def matches_url(expected: str, seen: str, base_url: str = "") -> bool:
    """Whether an address is the expected one.

    ``/path?query`` is compared with path and query, an address with a scheme (or one relative to ``base_url``) with the
    whole; the fragment counts only when one is expected. ``*`` stands for any characters.
    """
    if "#" not in expected:
        seen = seen.partition("#")[0]
    if not expected.startswith("/"):
        expected = join_url(base_url, expected) if base_url or _SCHEME.match(expected) else expected
        return _matches_glob(expected, seen) or _matches_glob(expected, seen.removesuffix("/"))
    return _matches_glob(expected, path_and_query(seen))


def path_and_query(url: str) -> str:
    """``/orders?page=2`` of ``http://host/orders?page=2``; the fragment stays."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")


def _matches_glob(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text) is not None


def glob_pattern(glob: str) -> re.Pattern[str]:
    """A glob for addresses, as Playwright reads it.

    ``*`` is anything but a slash, ``**`` anything, ``{a,b}`` one of both; what follows a backslash, and the rest, is itself.

    Raises:
        ConfigError: when a brace has no partner, or stands in another one's pair.
    """
    depth, text = 0, ""
    for part in re.findall(r"\\.|(?:(?<=/)\*\*+/)|\*+|.", glob, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(part, 0)
        if depth not in (0, 1):
            break
        text += _pattern_of(part, in_braces=depth == 1)
    if depth != 0:
        raise ConfigError(f"the glob {glob!r} has a brace without its partner, or braces in braces: write \\{{ for the character itself")
    return re.compile(text)


def _pattern_of(part: str, *, in_braces: bool) -> str:
    known = {"*": "[^/]*", "{": "(?:", "}": ")"}
    if part.startswith("**"):
        return "(?:.+/)?" if part.endswith("/") else ".*"
    if part == "," and in_braces:
        return "|"
    return known.get(part) or re.escape(part[-1])
