"""A case: its identity, where it is written, and how it is to be run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from maestro_fabric.model.places import Location
from maestro_fabric.model.policies import Policy
from maestro_fabric.model.statuses import Mark, Status

__all__ = ["Case", "CaseId", "Skip", "Xfail"]


@dataclass(frozen=True, slots=True)
class CaseId:
    """The identity of a case in the history: never a path or a node id.

    Attributes:
        project: The project that owns the suite.
        suite: The suite's name.
        name: The case's name in its suite; holds no ``::``.
        params: The parameter id, without brackets; empty for a case without parameters.
    """

    project: str
    suite: str
    name: str
    params: str = ""

    @property
    def title(self) -> str:
        """The name with its parameters: ``buy one item[tea]``."""
        return f"{self.name}[{self.params}]" if self.params else self.name

    def __str__(self) -> str:
        return f"{self.suite}::{self.title}"


@dataclass(frozen=True, slots=True)
class Skip:
    """The case is not run, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Xfail:
    """The case is expected not to pass; ``strict`` makes an unexpected pass ``failed``."""

    reason: str
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test as the plan holds it.

    Attributes:
        id: Its identity.
        location: Where it is written.
        tags: Markers to select by.
        owner: Who looks after it; empty when nobody is named.
        links: Addresses that belong to it.
        policy: How it is tried, resolved.
        services: Names of the services it needs running.
        skip: Set when it is not to be run.
        xfail: Set when it is expected not to pass.
        body: What its adapter needs to run it; nobody else looks inside.
        spare: What is run instead when it could not be judged, a case with the same identity; ``None`` without a fallback.
        container: Whether it holds cases that are not known beforehand: a Jest file, a program that leaves a report.
        inside: The name of the container that told of this case, set by the engine; empty for a case of the plan.
    """

    id: CaseId
    location: Location | None = None
    tags: tuple[str, ...] = ()
    owner: str = ""
    links: tuple[str, ...] = ()
    policy: Policy = Policy()  # noqa: RUF009 - it is frozen
    services: tuple[str, ...] = ()
    skip: Skip | None = None
    xfail: Xfail | None = None
    body: object = None
    spare: Case | None = None
    container: bool = False
    inside: str = ""

    def counts_as(self, status: Status, marks: frozenset[Mark]) -> bool:
        """Whether this verdict is a result of its own: that of a container without trouble is none, the cases inside it are."""
        return not self.container or status is not Status.PASSED or bool(marks)


# `::` separates the parts of a pytest node id, so a name must not hold it (pytest splits on it).
NAME_PATTERN = re.compile(r"^(?!.*::)[^\x00-\x1f\x7f]+$")
