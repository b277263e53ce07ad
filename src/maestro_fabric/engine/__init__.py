"""One case tried under its policy (`case`), and a plan run from the first suite to the last (`loop`). Knows only ports."""

from maestro_fabric.engine.backoff import waits_of
from maestro_fabric.engine.case import blocked, run_case
from maestro_fabric.engine.dispatch import Dispatcher, Job, Stage
from maestro_fabric.engine.guards import Dependencies, Entry, Guards
from maestro_fabric.engine.loop import RunResult, run_plan
from maestro_fabric.engine.parallel import Died, Ended, Told, Workers, run_plan_on
from maestro_fabric.engine.services import ServiceStarter
from maestro_fabric.engine.sessions import SuiteSessions
from maestro_fabric.engine.verdicts import exit_status, left_out_needs, needs_unmet

__all__ = [
    "Dependencies",
    "Died",
    "Dispatcher",
    "Ended",
    "Entry",
    "Guards",
    "Job",
    "RunResult",
    "ServiceStarter",
    "Stage",
    "SuiteSessions",
    "Told",
    "Workers",
    "blocked",
    "exit_status",
    "left_out_needs",
    "needs_unmet",
    "run_case",
    "run_plan",
    "run_plan_on",
    "waits_of",
]
