"""How a case is tried, as the plan has resolved it."""

from __future__ import annotations

from dataclasses import dataclass

from maestro_fabric.model.statuses import Status

__all__ = ["Backoff", "Breaker", "Bulkhead", "Policy", "Retry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The waits between tries, in seconds; ``jitter`` is ``none`` or ``full`` (uniform from 0 to the wait).

    ``kind`` is ``constant``, ``linear``, ``exponential`` or ``decorrelated``, whose chance is its own.

    Source:
        https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full jitter, decorrelated jitter).
    """

    kind: str = "exponential"
    first_s: float = 0.2
    max_s: float = 5.0
    jitter: str = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Further tries: ``times`` beyond the first, only after an attempt whose status is in ``on``."""

    times: int = 0
    on: frozenset[Status] = frozenset({Status.ERROR})
    backoff: Backoff = Backoff()


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When a dependency counts as down, and for how long nobody asks it; times in seconds.

    Attributes:
        dependency: The name of a service, or a host.
        failures: It opens at so many failures, from at least two cases.
        window_s: Failures of the last so many seconds count; ``None`` for failures in a row.
        open_for_s: So long its cases are blocked, before a probe.
    """

    dependency: str
    failures: int = 5
    window_s: float | None = None
    open_for_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulkhead:
    """How many attempts may use a dependency at once, in all workers of a run; who finds no place waits ``wait_s`` seconds."""

    dependency: str
    limit: int
    wait_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a case is tried; times in seconds, ``None`` is without limit.

    Attributes:
        name: Its name in the config; empty for the default.
        deadline_s: The whole case, all attempts and waits.
        attempt_timeout_s: One attempt.
        retry: Further tries.
        breakers: Those of the policy and of the case's services, by dependency.
        bulkheads: The same.
        fallback: The group of steps that is played when the case could not be judged; empty for none.
        max_attempts_total: So many tries of a step at most, those of its own policy and of the case's multiplied.
        chosen_by: Who names it: ``case``, ``suite``, ``run``, ``step``, ``mark``; empty for the default.
        added: What the case's services add to it, such as ``fragile (service shop)``.
    """

    name: str = ""
    deadline_s: float | None = None
    attempt_timeout_s: float | None = None
    retry: Retry = Retry()
    breakers: tuple[Breaker, ...] = ()
    bulkheads: tuple[Bulkhead, ...] = ()
    fallback: str = ""
    max_attempts_total: int = 12
    chosen_by: str = ""
    added: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether a case under it is simply tried once."""
        limits = self.deadline_s is not None or self.attempt_timeout_s is not None
        return not (limits or self.retry.times or self.breakers or self.bulkheads or self.fallback)
