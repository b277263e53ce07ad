"""Spans of time as people read them."""

from __future__ import annotations

import pytest

from maestro_fabric.config.durations import format_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "250ms"),
        (2.5, "2.5s"),
        (59.96, "60s"),
        (90, "1.5m"),
        (61, "1m 1s"),
        (224.4, "3m 44s"),
        (3600, "1h"),
        (3599.7, "1h 0m"),
        (6701.2, "1h 52m"),
        (5400, "1.5h"),
        (float("inf"), "no limit"),
    ],
)
def test_a_span_can_be_read(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
