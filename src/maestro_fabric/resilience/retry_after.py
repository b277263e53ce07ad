"""What a server asked for with ``Retry-After``."""

from __future__ import annotations

from datetime import UTC
from typing import Any

__all__ = ["read_retry_after"]


def read_retry_after(answer: Any, now: float) -> float | None:
    """Seconds that an exception or a result asks to wait; ``None`` when it does not ask.

    Reads ``retry_after`` (seconds) where the object has it, otherwise the header of its ``headers`` or its ``response.headers``, as
    requests, httpx, urllib and aiohttp have them: a number of seconds or an HTTP date.

    Args:
        answer: The exception or result.
        now: Seconds since the epoch, for dates.

    Source:
        RFC 9110, section 10.2.3.
    """
    own = getattr(answer, "retry_after", None)
    if isinstance(own, (int, float)):
        return max(0.0, float(own))
    headers = getattr(answer, "headers", None) or getattr(getattr(answer, "response", None), "headers", None)
    if headers is None or not hasattr(headers, "get"):
        return None
    text = headers.get("Retry-After") or headers.get("retry-after")
    return _seconds(text.strip(), now) if isinstance(text, str) else None


def _seconds(text: str, now: float) -> float | None:
    if text.isascii() and text.isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime  # slow to import, and dates are rare

    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None  # neither form: as if nothing had been asked
    if moment.tzinfo is None:  # "-0000", or no zone at all; HTTP dates are UTC
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now)
