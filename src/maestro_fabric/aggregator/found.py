"""What is read from a store: one frozen row a run, case, result and attempt. The fields are the columns of the public views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from maestro_fabric.errors import StoreError

__all__ = ["AttemptRow", "CaseRow", "ResultRow", "RunRow", "UnknownName"]


class UnknownName(StoreError):
    """No run or case has such a name, or several do; ``nearest`` has names to choose from."""

    def __init__(self, message: str, nearest: Sequence[str]) -> None:
        self.nearest = tuple(nearest)
        super().__init__(f"{message}; did you mean {' or '.join(repr(name) for name in nearest)}?" if nearest else message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run.

    Attributes:
        run_id: UUIDv7.
        orchestration_id: Groups the shards of one pipeline; empty for none.
        status: ``running``, ``passed``, ``failed`` or ``interrupted``.
        started_at: ISO 8601 text, UTC.
        duration_s: Seconds from the start to the end; ``None`` while it runs.
        git_commit: The commit; ``None`` when unknown, as the other facts.
        git_branch: The branch.
        git_dirty: ``true`` or ``false``.
        ci_provider: Such as ``github-actions``.
        ci_job: The job's name there.
        host: The machine.
        python: Its implementation and version.
        config_digest: The digest of the config file with all that it includes.
        facts: All facts, by name.
        counts: Cases by status and mark, and ``attempts``.
        case_seconds: The attempts' seconds, added up.
    """

    run_id: str
    orchestration_id: str
    status: str
    started_at: str
    duration_s: float | None
    git_commit: str | None
    git_branch: str | None
    git_dirty: str | None
    ci_provider: str | None
    ci_job: str | None
    host: str | None
    python: str | None
    config_digest: str | None
    facts: Mapping[str, str]
    counts: Mapping[str, int]
    case_seconds: float

    @property
    def total(self) -> int:
        """How many cases have a result."""
        return sum(self.counts[status] for status in ("passed", "failed", "error", "skipped", "blocked"))

    def in_short(self) -> dict[str, object]:
        """What a notebook's table has of it."""
        return {
            "run": self.run_id,
            "orchestration": self.orchestration_id,
            "status": self.status,
            "started_at": self.started_at,
            "duration_s": self.duration_s,
            "results": self._counts(),
            "branch": self.git_branch,
            "commit": (self.git_commit or "")[:12],
            "job": self.ci_job,
            "host": self.host,
        }

    def _repr_html_(self) -> str:
        where = " ".join(escape(fact) for fact in (self.git_branch, self.git_commit) if fact)
        return f"<p><b>{escape(self.run_id)}</b> {escape(self.status)}, {escape(self.started_at)} {where}: {self._counts()}</p>"

    def _counts(self) -> str:
        counted = [f"{count} {name}" for name, count in self.counts.items() if count and name not in ("attempts", "duration_us")]
        return ", ".join(counted) or "no case"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case; ``case_id`` is its number in this store only."""

    case_id: int
    project: str
    suite: str
    category: str
    name: str
    params: str
    owner: str
    tags: tuple[str, ...]
    links: tuple[str, ...]
    location: str

    def __str__(self) -> str:
        return f"{self.suite}::{self.name}[{self.params}]" if self.params else f"{self.suite}::{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """A case's result in one run; times as in `RunRow`, ``attempt`` is the number of the last one, 0 for none."""

    run_id: str
    orchestration_id: str
    case_id: int
    project: str
    suite: str
    category: str
    name: str
    params: str
    owner: str
    tags: tuple[str, ...]
    links: tuple[str, ...]
    status: str
    marks: tuple[str, ...]
    attempt: int
    started_at: str
    duration_s: float
    error_type: str | None
    error_message: str | None
    worker: str
    metadata: Mapping[str, Any]

    @property
    def title(self) -> str:
        """``suite::name[params]``."""
        return f"{self.suite}::{self.name}[{self.params}]" if self.params else f"{self.suite}::{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow(ResultRow):
    """One attempt of a case; steps, artifacts and output are empty when it plainly passed."""

    steps: Sequence[Mapping[str, Any]]
    artifacts: Sequence[Mapping[str, str]]
    output: str
    error_trace: str
    error_location: str
