"""The shape of quarantine.yaml: cases that may fail for a while, until when, and why."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from maestro_fabric.config.types import FROZEN

__all__ = ["QuarantineConfig", "QuarantinedCase"]

_TITLE = re.compile(r"^[^\x00-\x1f\x7f]+?::[^\x00-\x1f\x7f]+$")


def _to_date(value: Any) -> Any:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else _refuse_date(value)
    except ValueError:
        return _refuse_date(value)


def _refuse_date(value: Any) -> Any:
    raise ValueError(f"{value!r} is not a date: write year, month and day, like 2026-12-31")


def _to_title(value: Any) -> Any:
    if not isinstance(value, str) or not _TITLE.match(value) or value != value.strip():
        raise ValueError(f"{value!r} does not name a case: write suite::name, or suite::name[params], as `maestro show` lists them")
    return value


def _to_text(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} gives no reason: write in a few words what is wrong, and what the case waits for")
    return value


Day = Annotated[date, BeforeValidator(_to_date), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})]
"""A day as people write it, ``2026-12-31``."""


class QuarantinedCase(BaseModel):
    """One entry."""

    model_config = FROZEN

    case: Annotated[str, BeforeValidator(_to_title)] = Field(
        description="suite::name[params]; suite::name is the case with all its parameters."
    )
    until: Day = Field(description="The last day on which it may fail; from the next day on, the entry fails the run.")
    reason: Annotated[str, BeforeValidator(_to_text)] = Field(description="What is wrong, and what the case waits for.")
    owner: str = Field(default="", description="Who looks after it.")
    link: str = Field(default="", description="The address of the issue.")
    added: Day | None = Field(default=None, description="When it was put here.")


class QuarantineConfig(BaseModel):
    """A whole quarantine.yaml."""

    model_config = FROZEN

    cases: list[QuarantinedCase] = Field(default_factory=list, description="The cases that may fail for a while.")
