"""What a browser adapter gets as the body of a case: its steps in order, groups unfolded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maestro_fabric.model import Location, Policy

__all__ = ["Journey", "PlannedStep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step of a journey.

    Attributes:
        number: Its place, counted from 1: ``3``, or ``3.2`` for the second step of a group used by the third.
        action: The step's key in the file, e.g. ``click``.
        value: The step's dataclass; texts in it may still hold ``${…}``.
        location: Where it is written; inside a group, the place in the group.
        scope: What ``${params.…}`` means here: the group's ``with``, or the case's params. The values are templates
            themselves: they may hold ``${secret:…}`` or ``${saved.…}``, never ``${params.…}``. `templates.resolve` follows that.
        is_late: Whether the value may hold a ``${…}`` at all; a step that does not is played as it is.
        policy: How the step itself is tried; ``None`` for once.
        fallback: What is played when it could not be judged, in place of it.
    """

    number: str
    action: str
    value: Any
    location: Location | None = None
    scope: Mapping[str, Any] = field(default_factory=dict)
    is_late: bool = True
    policy: Policy | None = None
    fallback: tuple[PlannedStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The body of a browser case.

    Attributes:
        steps: What the case does.
        setup: The suite's set-up, whose cookies and storage the case starts with; empty for a fresh case.
        params: The case's parameters by name.
        fresh: Whether the case starts without the suite's set-up.
    """

    steps: tuple[PlannedStep, ...]
    setup: tuple[PlannedStep, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    fresh: bool = False
