"""The only place that touches what Playwright does not promise. `tests/adapters/playwright/test_internals.py` tests it by version.

Three things have no public way: to interrupt a call of the sync API from another thread, to know the processes behind
a browser, and to hear that the driver has gone without a message of asyncio's.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

__all__ = ["accept_end_of_driver", "close_context_soon", "driver_pid", "ignored_loss"]


def close_context_soon(context: BrowserContext, reason: str) -> None:
    """Have the context closed by its own thread's event loop; calls that wait in it raise with the reason.

    Measured: a page that spins for ever lets go 20 ms after this, and the browser stays usable.
    """
    inner: Any = context._impl_obj
    loop = inner._loop

    async def close() -> None:
        # A context that is closing already, or whose browser has gone, is what was wanted.
        with ignored_loss():
            await inner.close(reason=reason)

    def start() -> None:
        task = loop.create_task(close())
        _PENDING.add(task)
        task.add_done_callback(_PENDING.discard)

    # RuntimeError: the loop has ended meanwhile, and the context with it.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(start)


def ignored_loss() -> contextlib.AbstractContextManager[object]:
    """Leaves out what calls raise when browser, context or driver has gone meanwhile.

    Playwright raises its own error then, but when the driver's process has gone that of the pipe, or of the ended event loop.
    """
    from playwright.sync_api import Error

    return contextlib.suppress(Error, OSError, RuntimeError)


def driver_pid(manager: object) -> int | None:
    """The process id of the driver, whose children are the browsers; ``None`` when this version hides it.

    Args:
        manager: What ``sync_playwright()`` gave, started.
    """
    process = getattr(_transport(manager), "_proc", None)
    pid: int | None = getattr(process, "pid", None)
    return pid


def accept_end_of_driver(manager: object) -> None:
    """Have nothing printed when the driver ends before us: a terminal sends Ctrl-C to it too. Calls of it still raise.

    Playwright keeps that end in a future which nobody asks once it runs, and asyncio writes three lines about such futures.

    Args:
        manager: What ``sync_playwright()`` gave, started.
    """
    end = getattr(_transport(manager), "on_error_future", None)
    if end is not None:
        end.add_done_callback(lambda future: future.cancelled() or future.exception())


def _transport(manager: object) -> object:
    return getattr(getattr(manager, "_client", None), "_transport", None)


# asyncio holds tasks weakly; without this a closing could be collected before it ends.
_PENDING: set[Any] = set()
