"""What a called function prints, for the attempt's output: the process's own streams may carry JSON, and are not redacted."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

__all__ = ["printed_to"]


@contextmanager
def printed_to(log: Callable[[str], None]) -> Iterator[None]:
    """Have what this thread prints meanwhile handed to ``log``, also when it ends by an exception."""
    kept = io.StringIO()
    # `redirect_stdout` alone would also take what other threads print meanwhile, such as the progress of the run.
    out: Any = _ByThread(sys.stdout, kept)
    err: Any = _ByThread(sys.stderr, kept)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            yield
    finally:
        text = kept.getvalue().rstrip()
        if text:
            log(text)


class _ByThread:
    """A stream that is one for the thread that made it, and another for all others."""

    def __init__(self, others: TextIO, own: TextIO) -> None:
        self._others = others
        self._own = own
        self._thread = threading.get_ident()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own if threading.get_ident() == self._thread else self._others, name)
