"""What the history answers: one frozen row a flaky case, a slow case, a day, a change, a cause."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ChangeRow", "ClusterRow", "FirstFailure", "FlakyRow", "LatestRow", "LevelRow", "SlowRow", "TrendRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakyRow:
    """A case that is not stable, and how one knows.

    Attributes:
        title: ``suite::name[params]``.
        case_id: Its number in this store.
        suite: The suite.
        state: ``suspected``, ``flaky`` or ``recovered``.
        rate: How often it fails on good code, from 0 to 1: the mean of the posterior.
        low: The 95 % interval of the rate begins here …
        high: … and ends here.
        disagreements: On how many codes its tries disagreed.
        tries: Attempts on good code.
        fails: Those that failed.
        flip_rate: The weighted share of runs that differ from the run before.
        clean_tries: Passes since the last failure.
        last_failed_at: When it last failed, ISO 8601 in UTC.
        last_run_id: In which run.
        error: The first line of that failure.
        reason: The rule that made the state.
        fails_with: Titles of the cases that fail in the same runs.
        hints: What its failures have in common.
    """

    title: str
    case_id: int
    suite: str
    state: str
    rate: float
    low: float
    high: float
    disagreements: int
    tries: int
    fails: int
    flip_rate: float
    clean_tries: int
    last_failed_at: str
    last_run_id: str
    error: str
    reason: str
    fails_with: tuple[str, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowRow:
    """A case by its time.

    Attributes:
        title: ``suite::name[params]``.
        case_id: Its number in this store.
        suite: The suite.
        runs: In how many runs it passed.
        median_s: The median of its passes' seconds in the newest runs.
        p95_s: And the time that 95 % of all stay below.
        is_slower: Whether it became slower; the following say how.
        before_s: The median before.
        ratio: The newer median divided by the older; 1 when too little is known.
        chance: How probable such a change is by chance.
        changed_at: When the first run after the change began; empty without a change.
        changed_run_id: That run.
        changed_commit: And its commit; empty when unknown.
        series: The seconds of its passes, oldest first.
    """

    title: str
    case_id: int
    suite: str
    runs: int
    median_s: float
    p95_s: float
    is_slower: bool
    before_s: float
    ratio: float
    chance: float
    changed_at: str
    changed_run_id: str
    changed_commit: str
    series: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendRow:
    """A suite's day, in UTC: ``pass_rate`` is passed of all that were judged; the durations are of passes, in seconds."""

    day: str
    category: str
    runs: int
    total: int
    passed: int
    failed: int
    error: int
    skipped: int
    blocked: int
    flaky: int
    healed: int
    pass_rate: float
    p50_s: float
    p95_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """A category whose median duration went to another level, up or down.

    Attributes:
        category: The suite.
        before_s: The median of its passes before, in seconds.
        after_s: And since.
        changed_at: When the first run after the change began, ISO 8601 in UTC.
        changed_run_id: That run.
        changed_commit: And its commit; empty when unknown.
    """

    category: str
    before_s: float
    after_s: float
    changed_at: str
    changed_run_id: str
    changed_commit: str

    @property
    def since(self) -> str:
        """What it changed with: the commit, shortened, or the run."""
        return self.changed_commit[:12] or self.changed_run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A case that two runs judge differently.

    Attributes:
        title: ``suite::name[params]``.
        change: ``broken``, ``fixed``, ``new``, ``gone``, or ``other`` (such as skipped now).
        before: Its status in the first run; ``None`` when it was not there.
        after: And in the second.
        before_s: Its seconds in the first run; ``None`` when it was not there.
        after_s: And in the second.
        error: The first line of why it does not pass in the second.
    """

    title: str
    change: str
    before: str | None
    after: str | None
    before_s: float | None
    after_s: float | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstFailure:
    """Where a case began to fail.

    Attributes:
        title: ``suite::name[params]``.
        run_id: The first run of those in a row in which it does not pass, up to the newest.
        commit: Its commit; empty when unknown, as below.
        started_at: When that run began.
        error: The first line of that failure.
        runs: In how many runs it has failed since.
        last_good_run_id: The last run in which it passed; empty when there is none.
        last_good_commit: That run's commit.
        last_good_at: When that run began; empty when there is none.
    """

    title: str
    run_id: str
    commit: str
    started_at: str
    error: str
    runs: int
    last_good_run_id: str
    last_good_commit: str
    last_good_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRow:
    """Failures of a run that look like one cause: ``cause`` is the error with what varies left out, ``example`` one whole message."""

    cause: str
    count: int
    statuses: tuple[str, ...]
    location: str
    example: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestRow:
    """A case's newest result."""

    title: str
    case_id: int
    status: str
    marks: tuple[str, ...]
    run_id: str
