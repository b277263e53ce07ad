"""How to know that a service is up: it answers over HTTP, accepts connections, or says so."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from urllib.parse import SplitResult, urljoin, urlsplit

from maestro_fabric.config.models import ReadyConfig
from maestro_fabric.errors import ServiceError
from maestro_fabric.system.service_log import ServiceLog

__all__ = ["Probe", "build_probe"]

Probe = Callable[[float], str]
"""Takes the seconds that it may take, and gives the empty string when the service is up, otherwise what it saw."""

_PORTS = {"http": 80, "https": 443}
_FIRST_STATUS_NOT_READY = 400


def build_probe(ready: ReadyConfig, url: str, log: ServiceLog | None = None) -> Probe:
    """The probe that a service's ``ready`` asks for.

    Args:
        ready: One of ``http``, ``tcp`` and ``log``; none of them means ``tcp``.
        url: The service's address.
        log: Its output, for ``log``.

    Returns:
        The probe; it never raises.

    Raises:
        ServiceError: When the address or the pattern cannot be used.
    """
    if ready.log is not None and log is not None:
        return _log_probe(ready.log, log)
    address = urlsplit(url)
    if address.hostname is None:
        raise ServiceError(f"the url {url!r} names no host, so it cannot be probed; write it like http://127.0.0.1:{{port}}")
    if ready.http is not None:
        return _http_probe(address, ready.http)
    return _tcp_probe(address)


def _log_probe(text: str, log: ServiceLog) -> Probe:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ServiceError(f"ready.log is not a regular expression: {text!r}: {error}") from error

    def probe(timeout_s: float) -> str:
        return "" if log.has_line(pattern) else f"no line of its output matches {text!r}"

    return probe


def _tcp_probe(address: SplitResult) -> Probe:
    host, port = _host_and_port(address)

    def probe(timeout_s: float) -> str:
        try:
            socket.create_connection((host, port), timeout=timeout_s).close()
        except OSError as error:
            return f"{host}:{port} does not accept connections: {_reason(error)}"
        return ""

    return probe


def _http_probe(address: SplitResult, path: str) -> Probe:
    host, port = _host_and_port(address)
    target = urlsplit(urljoin(address.geturl(), path))
    request = f"{target.path or '/'}{'?' if target.query else ''}{target.query}"
    shown = f"GET {address.scheme}://{address.netloc}{request}"
    if target.netloc != address.netloc:
        raise ServiceError(f"ready.http is {path!r}, but must be a path on the service itself, like /health")

    # Not above: with ssl it is a fifth of what a config without services imports beside pydantic.
    import http.client

    def probe(timeout_s: float) -> str:
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(host, port, timeout=timeout_s)
        try:
            # A redirect is an answer too (status 3xx) and is not followed: it could lead to another host.
            connection.request("GET", request, headers={"Connection": "close"})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return f"{shown} was not answered: {_reason(error)}"
        finally:
            connection.close()
        return "" if status < _FIRST_STATUS_NOT_READY else f"{shown} answered {status}"

    return probe


def _host_and_port(address: SplitResult) -> tuple[str, int]:
    try:
        port = address.port or _PORTS.get(address.scheme, 80)
    except ValueError as error:
        raise ServiceError(f"the url {address.geturl()!r} has no valid port: {error}") from error
    return address.hostname or "", port


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
