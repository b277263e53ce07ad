"""The words for what became of a case."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Mark", "Status"]


class Status(StrEnum):
    """What became of a case or an attempt; exactly one."""

    PASSED = "passed"
    FAILED = "failed"  # an assertion said no
    ERROR = "error"  # it could not be judged
    SKIPPED = "skipped"
    BLOCKED = "blocked"  # something it depends on is down or failed: not this case's fault

    @property
    def is_bad(self) -> bool:
        """Whether this status alone makes the exit status 1."""
        return self in (Status.FAILED, Status.ERROR, Status.BLOCKED)


class Mark(StrEnum):
    """What stands beside a status and never replaces it."""

    FLAKY = "flaky"  # passed after another attempt did not
    HEALED = "healed"  # passed on a healed locator
    DEGRADED = "degraded"  # passed on a fallback
    QUARANTINED = "quarantined"  # failed, known, does not fail the run
    XFAILED = "xfailed"
    XPASSED = "xpassed"
