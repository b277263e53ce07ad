"""The only place that touches what Playwright does not promise. `tests/adapters/playwright/test_internals.py` tests it by version.

Two things have no public way: to interrupt a call of the sync API from another thread, and to know the processes behind
a browser.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

__all__ = ["close_context_soon", "driver_pid"]


def close_context_soon(context: BrowserContext, reason: str) -> None:
    """Have the context closed by its own thread's event loop; calls that wait in it raise with the reason.

    Measured: a page that spins for ever lets go 20 ms after this, and the browser stays usable.
    """
    inner: Any = context._impl_obj
    loop = inner._loop

    async def close() -> None:
        # A context that is closing already, or whose browser has gone, is what was wanted.
        with contextlib.suppress(Exception):
            await inner.close(reason=reason)

    def start() -> None:
        task = loop.create_task(close())
        _PENDING.add(task)
        task.add_done_callback(_PENDING.discard)

    # RuntimeError: the loop has ended meanwhile, and the context with it.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(start)


def driver_pid(manager: object) -> int | None:
    """The process id of the driver, whose children are the browsers; ``None`` when this version hides it.

    Args:
        manager: What ``sync_playwright()`` gave, started.
    """
    inner: Any = manager
    process = getattr(getattr(getattr(inner, "_client", None), "_transport", None), "_proc", None)
    pid: int | None = getattr(process, "pid", None)
    return pid


# asyncio holds tasks weakly; without this a closing could be collected before it ends.
_PENDING: set[Any] = set()
