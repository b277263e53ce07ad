"""A suite's session in one process, and the one place where every exception of an adapter is caught."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.errors import MaestroError
from maestro_fabric.model import Case, Fault
from maestro_fabric.outages import is_outage
from maestro_fabric.ports import Adapter, Context, SelectiveSession, Session

__all__ = ["SuiteSessions", "contain"]

T = TypeVar("T")


class SuiteSessions:
    """A suite's session in this process: opened when first asked for, opened anew after it broke.

    Args:
        adapter: Opens sessions.
        suite_config: The suite's config.
        context: What surrounds the suite.
        cases: The chosen cases, for sessions that must know them beforehand.
    """

    def __init__(self, adapter: Adapter, suite_config: SuiteConfig, context: Context, cases: Sequence[Case] = ()) -> None:
        self.context = context
        self._adapter = adapter
        self._suite_config = suite_config
        self._left = {case.id: case for case in cases}
        self._session: Session | None = None

    def get(self) -> Session:
        """The session, opened if there is none; raises what the adapter raises."""
        if self._session is None:
            session = self._adapter.open(self._suite_config, self.context)
            self._session = session
            if isinstance(session, SelectiveSession):
                session.select(tuple(self._left.values()))
        return self._session

    def finished(self, case: Case) -> None:
        """Note that a case will not be asked for again, so that a session opened anew leaves it out."""
        self._left.pop(case.id, None)

    def discard(self) -> Fault | None:
        """Close a session that may be broken; the next `get` opens another. What closing raised is returned."""
        session, self._session = self._session, None
        if session is None:
            return None
        _, fault = contain(session.close)
        return fault

    def close(self) -> Fault | None:
        """Close the session, if there is one; the same as `discard`."""
        return self.discard()


def contain(
    action: Callable[[], T],
    *,
    on_interrupt: Callable[[], object] | None = None,
    on_error: Callable[[Exception], object] | None = None,
) -> tuple[T | None, Fault | None]:
    """What an adapter's code gives, or what it raised as a fault: the one place where every exception is caught."""
    try:
        return action(), None
    except Exception as exc:
        # Ours say all there is to say; a traceback through the engine would only bury it.
        trace = "" if isinstance(exc, MaestroError) else "".join(traceback.format_exception(exc))
        if on_error is not None:
            on_error(exc)
        return None, Fault(type=type(exc).__name__, message=str(exc) or type(exc).__name__, trace=trace, is_outage=is_outage(exc))
    except BaseException:
        if on_interrupt is not None:
            on_interrupt()
        raise
