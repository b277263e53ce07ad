"""Answers to ``request`` steps, and what is expected of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from maestro_fabric.adapters.browser.json_paths import MISSING, value_at
from maestro_fabric.adapters.browser.scope import as_int, as_text
from maestro_fabric.adapters.browser.text import Unmet, fold, quote
from maestro_fabric.config.steps import ExpectResponse

__all__ = ["Response", "check_response"]


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

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


def check_response(expect: ExpectResponse, response: Response) -> list[Unmet]:
    """What the answer is not; empty when it is all that is expected."""
    return [
        *_check_status(expect, response),
        *_check_headers(expect, response),
        *_check_json(expect, response),
        *_check_text(expect, response),
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


def _check_text(expect: ExpectResponse, response: Response) -> Iterator[Unmet]:
    if expect.contains is not None and fold(expect.contains) not in fold(response.text):
        yield Unmet(f"a text that contains {quote(expect.contains)}", quote(fold(response.text)))


def _is_equal(wanted: Any, seen: Any) -> bool:
    # True == 1 in Python, not in JSON.
    return bool(wanted == seen) and isinstance(wanted, bool) == isinstance(seen, bool)


def _show(value: Any) -> str:
    return quote(json.dumps(value, ensure_ascii=False, default=str), marks="")
