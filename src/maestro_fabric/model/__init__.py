"""The vocabulary: what a case is, and what can become of it. Values only; nothing here does anything."""

from maestro_fabric.model.cases import NAME_PATTERN as NAME_PATTERN
from maestro_fabric.model.cases import Case, CaseId, Skip, Xfail
from maestro_fabric.model.heals import Heal, Learnt
from maestro_fabric.model.places import Artifact, Location
from maestro_fabric.model.policies import Backoff, Breaker, Bulkhead, Policy, Retry
from maestro_fabric.model.results import Attempt, CaseResult, Fault, Outcome, RunInfo, StepResult
from maestro_fabric.model.statuses import Mark, Status

__all__ = [
    "Artifact",
    "Attempt",
    "Backoff",
    "Breaker",
    "Bulkhead",
    "Case",
    "CaseId",
    "CaseResult",
    "Fault",
    "Heal",
    "Learnt",
    "Location",
    "Mark",
    "Outcome",
    "Policy",
    "Retry",
    "RunInfo",
    "Skip",
    "Status",
    "StepResult",
    "Xfail",
]
