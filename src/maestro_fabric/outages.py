"""What speaks of a dependency that is down: no connection, no answer in time, a status of 500 and more. Never a failed assertion."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from dataclasses import replace

from maestro_fabric.errors import DeadlineExceeded, SessionLost, TransportError
from maestro_fabric.model import Fault

__all__ = ["is_about", "is_outage", "with_outage"]

_FIRST_SERVER_ERROR = 500
_DEEPEST = 6
# Of clients that nobody has to have installed; their classes are known by name.
_CLIENTS = frozenset(
    {
        "aiohttp.client_exceptions.ClientConnectionError",
        "aiohttp.client_exceptions.ServerTimeoutError",
        "http.client.RemoteDisconnected",
        "httpx.TransportError",
        "requests.exceptions.ConnectionError",
        "requests.exceptions.Timeout",
        "urllib.error.URLError",
        "urllib3.exceptions.HTTPError",
        "websockets.exceptions.ConnectionClosedError",
    }
)
_TYPES = frozenset(
    {"TransportError", "DeadlineExceeded", "TimeoutError", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError"}
)
_WORDS = re.compile(
    r"ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|socket hang up|net::ERR_(CONNECTION|NAME|TIMED_OUT|EMPTY|ADDRESS|INTERNET)"
    r"|Connection (refused|reset|aborted)|[Rr]emote end closed|\b50[234] (Bad Gateway|Service Unavailable|Gateway Time-?out)"
)
_OF_THE_PAGE = re.compile(r"the page crashed|the certificate is not trusted")
_ADDRESS = re.compile(r"\b(?:https?|wss?)://(?:[^/\s'\"@]*@)?(\[[0-9a-fA-F:]+\](?::\d+)?|[^/\s'\"<>)\]?#,;]+)|host='([^']+)', port=(\d+)")
_PORTS = {"http": "80", "https": "443"}


def is_outage(raised: BaseException) -> bool:
    """Whether an exception, or one that led to it, says that something beyond this process is down."""
    return any(_is_one(error) for error in _causes(raised))


def with_outage(fault: Fault) -> Fault:
    """The fault, marked when its text speaks of an outage: all there is of tests that ran in another program."""
    if fault.is_outage or _OF_THE_PAGE.search(fault.message):
        return fault
    return replace(fault, is_outage=True) if fault.type in _TYPES or _WORDS.search(fault.message) else fault


def is_about(fault: Fault, address: str) -> bool:
    """Whether a fault is about the dependency at this address. One that names no address at all may be about any.

    Args:
        fault: What went wrong.
        address: ``http://127.0.0.1:8000``, ``staging.example.org``, ``localhost:5432``; empty when nobody knows it.
    """
    named = {_split(match[1] or f"{match[2]}:{match[3]}", match[0]) for match in _ADDRESS.finditer(fault.message)}
    if not named or not address:
        return True
    rest = address.partition("://")[2] or address
    host, port = _split(rest.partition("/")[0], address)
    return any(other == host and (not theirs or not port or theirs == port) for other, theirs in named)


def _causes(raised: BaseException) -> Iterator[BaseException]:
    error: BaseException | None = raised
    for _ in range(_DEEPEST):
        # What was asserted about a failed call is an assertion all the same.
        if error is None or isinstance(error, AssertionError):
            return
        yield from error.exceptions if isinstance(error, BaseExceptionGroup) else ()
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_one(error: BaseException) -> bool:
    if isinstance(error, SessionLost):
        return False  # our own browser
    if isinstance(error, TransportError):
        return not _OF_THE_PAGE.search(str(error))
    if isinstance(error, (DeadlineExceeded, ConnectionError, builtins.TimeoutError)):
        return True
    status = _status_of(error)
    if status is not None:
        return status >= _FIRST_SERVER_ERROR
    return any(f"{kind.__module__}.{kind.__qualname__}" in _CLIENTS or _public(kind) in _CLIENTS for kind in type(error).__mro__)


def _status_of(error: BaseException) -> int | None:
    """The status of the answer that an HTTP client raised for."""
    response = getattr(error, "response", None)
    found = (
        getattr(response, "status_code", None),
        getattr(response, "status", None),
        getattr(error, "status", None),
        getattr(error, "code", None),
    )
    return next((status for status in found if isinstance(status, int) and 100 <= status < 600), None)


def _public(kind: type) -> str:
    """``httpx._exceptions.TransportError`` as people import it."""
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"


def _split(netloc: str, text: str) -> tuple[str, str]:
    host, colon, port = netloc.lower().rpartition(":")
    if not colon or not port.isdigit():
        host, port = netloc.lower(), _PORTS.get(text.partition("://")[0], "")
    host = host.strip("[]").rstrip(".")
    return "localhost" if host in ("127.0.0.1", "::1") else host, port
