"""Spans of time as people write them: ``500ms``, ``30s``, ``5m``, ``1h``."""

from __future__ import annotations

import re

__all__ = ["format_duration", "parse_duration"]

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PATTERN = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h)$")


def parse_duration(text: str) -> float:
    """The span in seconds.

    Raises:
        ValueError: when the text is not a number followed by ``ms``, ``s``, ``m`` or ``h``.
    """
    match = _PATTERN.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write a number and a unit, like 500ms, 30s, 5m or 1h")
    return float(match[1]) * _UNITS_S[match[2]]


def format_duration(seconds: float) -> str:
    """A span for people: in one unit when a tenth of it is exact (``250ms``, ``1.5m``), in two otherwise (``3m 44s``, ``1h 52m``)."""
    if seconds == float("inf"):
        return "no limit"
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    for unit, size in (("h", 3600.0), ("m", 60.0)):
        if seconds >= size and abs(round(seconds / size, 1) * size - seconds) < 1e-9:
            return f"{seconds / size:.1f}".removesuffix(".0") + unit
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest_s}s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}h {minutes}m"
