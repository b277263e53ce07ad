"""Failures that look like one cause: their errors are the same once names, numbers and addresses are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from maestro_fabric.aggregator.answers import ClusterRow
from maestro_fabric.aggregator.found import AttemptRow, ResultRow
from maestro_fabric.aggregator.listing import Rows

__all__ = ["cause_of", "cluster_failures"]

MAX_DISTANCE = 0.3
"""Two errors of one type are one cause when at most so large a share of their words differs."""

_LINES = 3  # below come values, page texts and the like
_LENGTH = 300
_VARIES = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\bhttps?://\S+"), "<address>"),
    (re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{12,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"(?<![\w.])(?:/[\w.@-]+){2,}"), "<path>"),
    (re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|“[^”\n]*”"), "<text>"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "<n>"),
)
_BAD = ("failed", "error", "blocked")


def cluster_failures(results: Iterable[ResultRow]) -> Rows[ClusterRow]:
    """What did not pass, by cause, the most frequent first.

    Args:
        results: Results, or attempts, of which those that are ``failed``, ``error`` or ``blocked`` count.
    """
    clusters: list[tuple[str, list[ResultRow]]] = []
    for row in results:
        if row.status in _BAD:
            cause = cause_of(row)
            home = next((members for known, members in clusters if _is_near(known, cause)), None)
            if home is None:
                clusters.append((cause, [row]))
            else:
                home.append(row)
    return Rows(sorted((_cluster(cause, members) for cause, members in clusters), key=lambda row: (-row.count, row.cause)))


def cause_of(row: ResultRow) -> str:
    """An error without what varies from case to case: texts in quotes, numbers, addresses, paths, ids."""
    text = "\n".join((row.error_message or "no message").splitlines()[:_LINES])
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    text = " ".join(text.split())[:_LENGTH]
    return f"{row.error_type}: {text}" if row.error_type else f"{row.status}: {text}"


def _is_near(one: str, other: str) -> bool:
    if one == other:
        return True
    kind, _, text = one.partition(": ")
    other_kind, _, other_text = other.partition(": ")
    if kind != other_kind:
        return False
    words, other_words = set(text.split()), set(other_text.split())
    return len(words & other_words) >= (1 - MAX_DISTANCE) * len(words | other_words)


def _cluster(cause: str, members: list[ResultRow]) -> ClusterRow:
    locations = Counter(row.error_location for row in members if isinstance(row, AttemptRow) and row.error_location)
    first = members[0]
    message = first.error_message or ""
    return ClusterRow(
        cause=cause,
        count=len(members),
        statuses=tuple(sorted({row.status for row in members})),
        location=locations.most_common(1)[0][0] if locations else "",
        example=f"{first.error_type}: {message}" if first.error_type else message,
        titles=tuple(row.title for row in members),
    )
