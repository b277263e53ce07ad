"""Answers to ``request`` steps, and what is expected of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestro_fabric.adapters.browser.json_paths import MISSING, value_at
from maestro_fabric.adapters.browser.schemas import schema_errors
from maestro_fabric.adapters.browser.scope import as_int, as_seconds, as_text
from maestro_fabric.adapters.browser.text import Unmet, fold, quote
from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.steps import ExpectResponse
from maestro_fabric.errors import ConfigError

__all__ = ["Response", "check_response"]


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer.

    Attributes:
        status: The status.
        headers: By name in lower case; what was sent several times is joined by commas.
        text: The body as text.
        body: The body as it came; ``None`` when only the text is known.
        url: Where it came from, after redirects; empty when that is not known.
        duration_s: Seconds from the first byte sent to the last received.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    body: bytes | None = None
    url: str = ""
    duration_s: float = 0.0

    @property
    def content(self) -> bytes:
        """The body."""
        return self.text.encode() if self.body is None else self.body

    @property
    def json(self) -> Any:
        """The text as JSON; ``None`` when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    def as_saved(self) -> dict[str, Any]:
        """What ``${saved.<as>.…}`` finds."""
        return {"status": self.status, "headers": dict(self.headers), "json": self.json, "text": self.text}


def check_response(expect: ExpectResponse, response: Response, root: Path = Path()) -> list[Unmet]:
    """What the answer is not; empty when it is all that is expected. Files with schemas are below ``root``."""
    return [
        *_check_status(expect, response),
        *_check_headers(expect, response),
        *_check_json(expect, response),
        *_check_schema(expect, response, root),
        *_check_text(expect, response),
        *_check_size_and_time(expect, response),
    ]


def _check_status(expect: ExpectResponse, response: Response) -> Iterator[Unmet]:
    if expect.status is None:
        return
    wanted = expect.status if isinstance(expect.status, list) else [as_int(expect.status)]
    if response.status not in wanted:
        yield Unmet(f"status {' or '.join(map(str, wanted))}", f"status {response.status}: {quote(fold(response.text))}")


def _check_headers(expect: ExpectResponse, response: Response) -> Iterator[Unmet]:
    for name, value in expect.headers.items():
        wanted = as_text(value)
        seen = response.headers.get(name.lower())
        if seen != wanted:
            yield Unmet(f"header {name}: {wanted}", "no such header" if seen is None else f"{name}: {seen}")


def _check_json(expect: ExpectResponse, response: Response) -> Iterator[Unmet]:
    data = response.json if expect.json else None
    for path, wanted in expect.json.items():
        seen = value_at(path, data)
        if seen is MISSING:
            yield Unmet(f"{path} = {_show(wanted)}", f"nothing at {path} in {quote(fold(response.text))}")
        elif not _is_equal(wanted, seen):
            yield Unmet(f"{path} = {_show(wanted)}", _show(seen))


def _check_schema(expect: ExpectResponse, response: Response, root: Path) -> Iterator[Unmet]:
    if expect.schema is None:
        return
    named = f"the schema {expect.schema}" if isinstance(expect.schema, str) else "the schema"
    if response.json is None and fold(response.text) != "null":
        yield Unmet(f"JSON that fits {named}", f"no JSON: {quote(fold(response.text))}")
        return
    errors = schema_errors(expect.schema, response.json, root)
    if errors:
        yield Unmet(f"JSON that fits {named}", "; ".join(errors))


def _check_text(expect: ExpectResponse, response: Response) -> Iterator[Unmet]:
    seen = fold(response.text)
    if expect.text is not None and fold(expect.text) != seen:
        yield Unmet(f"text {quote(fold(expect.text))}", quote(seen))
    if expect.contains is not None and fold(expect.contains) not in seen:
        yield Unmet(f"a text that contains {quote(expect.contains)}", quote(seen))
    if expect.matches is not None and not _compile(expect.matches).search(response.text):
        yield Unmet(f"a text that matches /{expect.matches}/", quote(seen))


def _check_size_and_time(expect: ExpectResponse, response: Response) -> Iterator[Unmet]:
    if expect.min_bytes is not None and len(response.content) < as_int(expect.min_bytes):
        yield Unmet(f"at least {as_int(expect.min_bytes)} bytes", f"{len(response.content)} bytes")
    if expect.within is not None and response.duration_s > as_seconds(expect.within):
        yield Unmet(f"an answer within {format_duration(as_seconds(expect.within))}", f"it took {response.duration_s:.3f} s")


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as exc:
        raise ConfigError(f"{pattern!r} is not a regular expression: {exc}") from exc


def _is_equal(wanted: Any, seen: Any) -> bool:
    # True == 1 in Python, not in JSON.
    return bool(wanted == seen) and isinstance(wanted, bool) == isinstance(seen, bool)


def _show(value: Any) -> str:
    return quote(json.dumps(value, ensure_ascii=False, default=str), marks="")
