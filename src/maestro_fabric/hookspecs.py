"""The hooks a plugin may implement. Register a module or object of them in the entry-point group ``maestro_fabric``."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from maestro_fabric.events import BreakerChanged, Event, Healed
from maestro_fabric.model import Attempt, Case
from maestro_fabric.ports import Adapter, HealDecision, HealRequest

__all__ = ["HOOK_NAMESPACE", "hookimpl", "hookspec"]

HOOK_NAMESPACE = "maestro_fabric"
hookspec = pluggy.HookspecMarker(HOOK_NAMESPACE)
hookimpl = pluggy.HookimplMarker(HOOK_NAMESPACE)


@hookspec
def maestro_adapters() -> Sequence[Adapter]:  # type: ignore[empty-body]  # a specification has none
    """The adapters this plugin brings."""


@hookspec(firstresult=True)
def maestro_secret(name: str) -> str | None:
    """A secret's value by name, for ``secrets: {source: hook}``; ``None`` when this plugin does not know it."""


@hookspec
def maestro_event(event: Event) -> None:
    """Something happened; called in the process that owns the run, in order."""


@hookspec(firstresult=True)
def maestro_heal(request: HealRequest) -> HealDecision | None:
    """Which element of the page is the lost one; ``None`` leaves the answer to the next plugin, and in the end to our matcher.

    What must not be healed is not healed whatever a plugin says.
    """


@hookspec
def maestro_healed(event: Healed) -> None:
    """The healer has answered; called in the process that owns the run."""


@hookspec
def maestro_attempt_finished(case: Case, attempt: Attempt, is_last: bool) -> None:  # noqa: FBT001 - hooks are called by keyword
    """A try of a case has ended; called in the process that owns the run. ``is_last`` says that none follows."""


@hookspec
def maestro_breaker_changed(change: BreakerChanged) -> None:
    """The circuit breaker of a dependency opened, let a probe through, or closed; called in the process that owns the run."""


@hookspec(firstresult=True)
def maestro_classify_error(exception: BaseException) -> str | None:
    """What an exception means: ``failed``, ``error`` or ``blocked``; ``None`` leaves it to others. Called where the case runs.

    ``failed`` says that the tested thing is wrong, ``error`` that it could not be judged, ``blocked`` that something it depends on
    is down, which is evidence for a circuit breaker.
    """
