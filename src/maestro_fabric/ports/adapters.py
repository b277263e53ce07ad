"""Who runs the cases of one kind of suite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from maestro_fabric.model import Case, Outcome
from maestro_fabric.ports.context import Context
from maestro_fabric.ports.sinks import Emit
from maestro_fabric.ports.time import Deadline

if TYPE_CHECKING:
    from maestro_fabric.config.models import SuiteConfig

__all__ = ["ADAPTER_API", "OLDEST_ADAPTER_API", "Adapter", "SelectiveSession", "Session"]

ADAPTER_API = 1
"""The version of `Adapter` and `Session`. It grows when an adapter written for the last one would break."""


OLDEST_ADAPTER_API = 1
"""The oldest version that is still served: an adapter between the two runs, one outside is left out and named."""


class Session(Protocol):
    """A suite being run in one process: a browser, a subprocess, a connection."""

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """Try a case once.

        An exception is not an outcome: it means that the session is broken, and it is closed and opened anew.

        Args:
            case: One of the cases that this suite's ``discover`` gave.
            emit: Takes events while the case runs.
            deadline: When to have answered; an adapter that cannot be interrupted kills what it started.
        """

    def close(self) -> None:
        """End everything that was started. Called once, also after a failure; a second call does nothing."""


@runtime_checkable
class SelectiveSession(Protocol):
    """A `Session` may have this too, when it runs many cases in one program and must know beforehand which."""

    def select(self, cases: Sequence[Case]) -> None:
        """Take the cases that will be asked for, in order; called once, before the first ``run``."""


class Adapter(Protocol):
    """Runs one kind of suite. An entry point of the group ``maestro_fabric`` registers a plugin that gives some.

    Attributes:
        name: The value of ``adapter:`` in the file.
        api: The `ADAPTER_API` it was written for.
        suite_model: The pydantic model of its suites, a subclass of `maestro_fabric.config.models.SuiteConfig`.
    """

    name: str
    api: int
    suite_model: type[SuiteConfig]

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """What is missing to run this suite, one line each with the command that mends it; empty when nothing is."""

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """The suite's cases, in the order in which they are written; the same each time."""

    def open(self, suite: SuiteConfig, context: Context) -> Session:
        """Start what the suite needs in this process."""
