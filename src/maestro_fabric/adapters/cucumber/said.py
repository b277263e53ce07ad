"""What a runner of features tells: its scenarios, what became of them, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from maestro_fabric.model import Outcome

__all__ = ["Attached", "Broken", "Closed", "ParseFailed", "Place", "Said", "Scenario", "ScenarioStarted", "Tried"]


@dataclass(frozen=True, slots=True)
class Place:
    """What identifies a scenario in its runner: the feature file as the runner names it, and the line of the scenario or row."""

    uri: str
    line: int

    def __str__(self) -> str:
        return f"{self.uri}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario, or one row of its examples.

    Attributes:
        place: Where it is written.
        feature: The feature's name.
        rule: The rule's name; empty outside rules.
        name: The scenario's name, placeholders kept.
        headings: The headings of its examples; empty without.
        cells: The row's cells, as many as there are headings.
        tags: Its tags with those of all around it, without ``@``.
    """

    place: Place
    feature: str
    rule: str = ""
    name: str
    headings: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseFailed:
    """A feature file that cannot be read, and why; its scenarios are not known."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class ScenarioStarted:
    """A try of a scenario begins."""

    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Something that a step attached; ``content`` is base64."""

    media_type: str
    content: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of one try of a scenario.

    Attributes:
        place: Which scenario.
        outcome: What happened; without artifacts, which `attached` becomes.
        started_at: Seconds since the epoch.
        duration_s: Seconds.
        is_last: Whether the runner does not try it again by itself.
        waits: Whether the runner waits until it is answered: after what may lead to a stop or a further attempt.
        attached: What its steps attached, in order.
    """

    place: Place
    outcome: Outcome
    started_at: float
    duration_s: float
    is_last: bool = True
    waits: bool = False
    attached: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Something around the scenarios broke: support code, or a hook before or after all.

    Attributes:
        type: What broke, as an exception's class is named.
        message: For a person.
        trace: The traceback; empty when there is none.
    """

    type: str
    message: str
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """The runner ends in good order; without this it died."""


Said = Scenario | ParseFailed | ScenarioStarted | Tried | Broken | Closed
