"""Which runs a question is about: the newest so many, since a moment, of a branch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from maestro_fabric.aggregator.connections import NO_LIMIT, Connection

__all__ = ["ALL", "RECENT", "RunFacts", "Window", "runs_in"]

# What must be the same, beside the commit, for two runs to have tested the same code in the same way.
_SETTING = ("config_digest", "python", "platform", "ci_job")
_QUERY = """SELECT id, run_id, started_ms, duration_ms, facts FROM run WHERE status > 0 AND started_ms BETWEEN :since AND :until
    AND (:branch IS NULL OR json_extract(facts, '$.git_branch') = :branch) ORDER BY started_ms DESC, id DESC LIMIT :last"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What part of the history is looked at.

    Attributes:
        last: At most so many of the newest runs; ``None`` for all.
        since: Runs that began then or later, seconds since the epoch; ``None`` for all.
        until: Runs that began then or earlier, in the same way.
        branch: Runs of this branch; ``None`` for all.
        suite: Cases of this suite; ``None`` for all.
    """

    last: int | None = None
    since: float | None = None
    until: float | None = None
    branch: str | None = None
    suite: str | None = None

    @property
    def bounds(self) -> dict[str, int | str | None]:
        """The values of ``:since``, ``:until`` and ``:branch`` in a question."""
        return {
            "since": -NO_LIMIT if self.since is None else int(self.since * 1000),
            "until": NO_LIMIT if self.until is None else int(self.until * 1000),
            "branch": self.branch,
        }


RECENT = Window(last=100)
"""The newest hundred runs."""

ALL = Window()
"""The whole history."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """An ended run; ``id`` is its number in this store."""

    id: int
    run_id: str
    started_ms: int
    duration_ms: int
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def commit(self) -> str:
        """The commit; empty when unknown."""
        return self.facts.get("git_commit", "")

    @property
    def code(self) -> str:
        """What was tested, as text that is the same for comparable runs; empty when unknown or when files were changed."""
        if not self.commit or self.facts.get("git_dirty") == "true":
            return ""
        return "\n".join((self.commit, *(self.facts.get(name, "") for name in _SETTING)))


def runs_in(connection: Connection, window: Window) -> list[RunFacts]:
    """The ended runs of a window, oldest first.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    parameters = {**window.bounds, "last": NO_LIMIT if window.last is None else window.last}
    rows = connection.execute(_QUERY, parameters).fetchall()
    return [RunFacts(run, run_id, started, duration or 0, json.loads(facts)) for run, run_id, started, duration, facts in reversed(rows)]
