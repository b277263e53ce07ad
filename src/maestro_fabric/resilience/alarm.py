"""Ends a call in the main thread after some seconds, by a timer signal; POSIX only.

Alarms may be nested, in each other and in those of others (`signal.alarm`, pytest-timeout): whichever is due first rings first. The
handler and the timer that were found are put back afterwards, the timer shortened by the time that has passed.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType
from typing import Any, Self

__all__ = ["Alarm", "Rang", "can_ring", "never_ring_in"]

try:  # the function beneath `signal.signal`, whose conversion of handlers to enums costs 6 µs a call
    from _signal import SIG_DFL as _DEFAULT  # type: ignore[import-not-found]  # a C module
    from _signal import signal as _set_handler
except ImportError:  # pragma: no cover - a Python that is not built that way
    _DEFAULT, _set_handler = signal.SIG_DFL, signal.signal

_HAS_TIMERS = hasattr(signal, "setitimer")
_SOON_S = 0.001
_get_ident, _main_thread, _monotonic = threading.get_ident, threading.main_thread, time.monotonic
if _HAS_TIMERS:
    _set_timer, _TIMER, _SIGNAL = signal.setitimer, signal.ITIMER_REAL, int(signal.SIGALRM)


class Rang(BaseException):
    """Raised where the code was when its time was over. No `Exception`, so that the code's ``except Exception`` does not swallow it."""

    def __init__(self, alarm: Alarm) -> None:
        self.alarm = alarm
        super().__init__("the time is over")


def can_ring() -> bool:
    """Whether this is the main thread of a system with timer signals."""
    return _HAS_TIMERS and _get_ident() == _main_thread().ident


class Alarm:
    """Raises `Rang` in its block, in the main thread, when the block takes longer than ``seconds``."""

    __slots__ = ("_at", "_foreign_at", "_foreign_every_s", "_found", "_is_over", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds if seconds > _SOON_S else _SOON_S  # a timer of 0 would be none
        self._is_over = False

    def __enter__(self) -> Self:
        self._at = _monotonic() + self._seconds
        self._foreign_at = _NEVER
        self._found: Any = _set_handler(_SIGNAL, self._ring)
        left_s, self._foreign_every_s = _set_timer(_TIMER, self._seconds)
        if left_s:
            self._foreign_at = _monotonic() + left_s
            if left_s < self._seconds:
                self._wind()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._is_over = True
        _set_timer(_TIMER, 0)
        _set_handler(_SIGNAL, _DEFAULT if self._found is None else self._found)
        if self._foreign_at is not _NEVER:
            _set_timer(_TIMER, max(self._foreign_at - _monotonic(), _SOON_S), self._foreign_every_s)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        now = _monotonic()
        if self._foreign_at <= now:
            self._ring_foreign(number, frame, now)
        if self._is_over or now < self._at:
            self._wind()
        elif _is_spared(frame):
            _set_timer(_TIMER, _SOON_S)
        else:
            raise Rang(self)

    def _ring_foreign(self, number: int, frame: FrameType | None, now: float) -> None:
        self._foreign_at = now + self._foreign_every_s if self._foreign_every_s else _NEVER
        if callable(self._found):
            self._found(number, frame)
        elif self._found == _DEFAULT:
            _set_handler(_SIGNAL, _DEFAULT)
            signal.raise_signal(_SIGNAL)  # what it would have done: end the process

    def _wind(self) -> None:
        next_at = self._foreign_at if self._is_over else min(self._at, self._foreign_at)
        if next_at is not _NEVER:
            _set_timer(_TIMER, max(next_at - _monotonic(), _SOON_S))


_NEVER = float("inf")
_SPARED: set[CodeType] = set()


def never_ring_in(*functions: Callable[..., object]) -> None:
    """An alarm that is due while one of these runs, or what it calls, rings a moment later: what they put back would be lost."""
    _SPARED.update(function.__code__ for function in functions if isinstance(function, FunctionType))


def _is_spared(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code not in _SPARED:
        frame = frame.f_back
    return frame is not None


# Of `_ring` itself, too: on a busy machine it rings again before the first answer, perhaps given in `__exit__`, has returned.
never_ring_in(Alarm.__enter__, Alarm.__exit__, Alarm._ring, Alarm._wind)
