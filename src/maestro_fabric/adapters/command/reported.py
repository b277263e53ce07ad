"""What a report says, the same for every format."""

from __future__ import annotations

from dataclasses import dataclass

from maestro_fabric.model import Location, Outcome

__all__ = ["ReportError", "Reported", "Try"]


class ReportError(ValueError):
    """A report cannot be read, or contradicts itself; what could be read of it is in ``cases``.

    Attributes:
        cases: The cases that are complete.
    """

    def __init__(self, message: str, cases: tuple[Reported, ...] = ()) -> None:
        super().__init__(message)
        self.cases = cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try of a case: ``started_at`` in seconds since the epoch, ``None`` when the report does not say."""

    outcome: Outcome
    duration_s: float = 0.0
    started_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A case of a report.

    Attributes:
        path: What it lies in, outermost first, and its own name last.
        tries: Its tries, oldest first; at least one.
        location: Where it is written; ``None`` when the report does not say.
        tags: Its tags.
    """

    path: tuple[str, ...]
    tries: tuple[Try, ...]
    location: Location | None = None
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """All of its path as a case's name: ``CartTest > empties``."""
        return " > ".join(self.path)

    @property
    def other_names(self) -> tuple[str, ...]:
        """The ways in which lists name it, the surest first."""
        return tuple(dict.fromkeys([*(mark.join(self.path) for mark in (".", "/", "#", " ", "::", ": ")), self.path[-1]]))
