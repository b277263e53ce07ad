"""Calls over HTTP with cookies, redirects, and a limit on the time of the whole call."""

from __future__ import annotations

import contextlib
import re
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any, cast
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit
from urllib.request import Request as CookieRequest

import urllib3
from urllib3.exceptions import InsecureRequestWarning, ReadTimeoutError

from maestro_fabric.adapters.browser.engine import HttpCall
from maestro_fabric.adapters.browser.responses import Response
from maestro_fabric.adapters.browser.scope import as_text
from maestro_fabric.errors import TransportError

__all__ = ["Client", "send"]

_MAX_REDIRECTS = 20
_CHUNK = 65_536
# A browser's fetch turns these into GET; 307 and 308 keep the method (RFC 9110, 15.4).
_BECOME_GET = (301, 302, 303)
_REDIRECTS = (*_BECOME_GET, 307, 308)
_AGENT = "pytest-maestro"
_IS_PLAIN = re.compile(r"[\w/?:@!$&'()*+,;=~%.-]*", re.ASCII)


@dataclass(slots=True)
class Client:
    """The connections of a worker, kept open over cases.

    Attributes:
        verify: Whether certificates are checked: yes, no, or by a file of trusted ones.
    """

    verify: bool | str
    _pool: urllib3.PoolManager | None = None
    _hosts: dict[tuple[str, str], urllib3.HTTPConnectionPool] = field(default_factory=dict)

    @property
    def pool(self) -> urllib3.PoolManager:
        """The connections, opened when first asked for."""
        if self._pool is None:
            options: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED" if self.verify else "CERT_NONE"}
            if isinstance(self.verify, str):
                options["ca_certs"] = self.verify
            self._pool = urllib3.PoolManager(maxsize=4, retries=False, **options)
        return self._pool

    def host(self, parts: SplitResult) -> urllib3.HTTPConnectionPool:
        """The connections to the host of an address. Kept, because finding them takes as long as a tenth of a call."""
        key = parts.scheme, parts.netloc
        if key not in self._hosts:
            self._hosts[key] = self.pool.connection_from_url(parts.geturl())
        return self._hosts[key]

    def close(self) -> None:
        """Close them."""
        self._hosts.clear()
        if self._pool is not None:
            self._pool.clear()


def send(client: Client, call: HttpCall, cookies: CookieJar, own: Mapping[str, str], home: str) -> Response:
    """Call, follow redirects, and keep the cookies that are set on the way.

    Args:
        client: The connections.
        call: What to call.
        cookies: Are sent, and changed.
        own: Headers that only the host of ``home`` gets.
        home: The suite's base address; empty when there is none.

    Raises:
        HTTPError: of urllib3, when no answer came in time.
    """
    started = time.monotonic()
    until = started + call.timeout / 1000
    method, url, body = call.method, _with_query(call.url, call.query), _body(call)
    headers = {**({"content-type": "application/x-www-form-urlencoded"} if call.form is not None else {}), **call.headers}
    for _ in range(_MAX_REDIRECTS + 1):
        sent = {"user-agent": _AGENT, "accept": "*/*", **(own if _same_host(url, home or call.url) else {}), **_lower(headers)}
        answer = _exchange(client, method, url, body, sent, cookies, until)
        goal = answer.headers.get("location") if call.follow and answer.status in _REDIRECTS else None
        if goal is None:
            return _finished(answer, url, until, started)
        answer.drain_conn()
        answer.release_conn()
        if answer.status in _BECOME_GET and method != "HEAD":
            method, body, headers = "GET", None, {name: value for name, value in headers.items() if name.lower() != "content-type"}
        previous, url = url, urljoin(url, goal)
        if not _same_host(previous, url):
            headers = {name: value for name, value in headers.items() if name.lower() not in ("authorization", "cookie")}
    raise TransportError(f"{call.url} redirected more than {_MAX_REDIRECTS} times, last to {url}")


def _exchange(
    client: Client, method: str, url: str, body: Any, headers: dict[str, str], cookies: CookieJar, until: float
) -> urllib3.BaseHTTPResponse:
    if len(cookies):
        probe = CookieRequest(url)  # noqa: S310 - nothing is opened: the jar asks it for the address
        cookies.add_cookie_header(probe)
        given = probe.get_header("Cookie")
        if given and "cookie" not in headers:
            headers["cookie"] = given
    parts = urlsplit(url)
    timeout = urllib3.Timeout(total=max(0.001, until - time.monotonic()))
    with contextlib.nullcontext() if client.verify else warnings.catch_warnings():
        if not client.verify:
            # Who wrote verify: false knows.
            warnings.simplefilter("ignore", InsecureRequestWarning)
        answer = client.host(parts).urlopen(
            method, _path_of(parts), body=body, headers=headers, redirect=False, retries=False, preload_content=False, timeout=timeout
        )
    if "set-cookie" in answer.headers:
        cookies.extract_cookies(cast("Any", _Told(answer.headers)), CookieRequest(url))  # noqa: S310 - as above
    return answer


def _path_of(parts: SplitResult) -> str:
    """What stands in the request's first line; characters that may not be there are escaped."""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return path if _IS_PLAIN.fullmatch(path) else quote(path, safe="/?:@!$&'()*+,;=~%")


@dataclass(frozen=True, slots=True)
class _Told:
    """An answer as a cookie jar reads it."""

    headers: Any

    def info(self) -> Any:
        """The headers."""
        return self.headers


def _finished(answer: urllib3.BaseHTTPResponse, url: str, until: float, started: float) -> Response:
    """The whole answer. Read piece by piece, because a socket's timeout is for each piece and not for all of them."""
    pieces = []
    while piece := cast("Any", answer).read1(_CHUNK, decode_content=True):
        pieces.append(piece)
        if time.monotonic() >= until:
            answer.close()
            raise ReadTimeoutError(cast("Any", None), url, "the answer had not ended in time")
    answer.release_conn()
    body = b"".join(pieces)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status, headers, _text(body, headers.get("content-type", "")), body, url, time.monotonic() - started)


def _text(body: bytes, kind: str) -> str:
    charset = kind.partition("charset=")[2].partition(";")[0].strip(" \"'") or "utf-8"
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _body(call: HttpCall) -> bytes | str | None:
    if call.form is not None:
        return urlencode(call.form)
    return call.body.encode() if isinstance(call.body, str) else call.body


def _with_query(url: str, query: Mapping[str, Any]) -> str:
    if not query:
        return url
    base, hash_mark, fragment = url.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{urlencode({name: as_text(value) for name, value in query.items()})}{hash_mark}{fragment}"


def _same_host(url: str, other: str) -> bool:
    one, two = urlsplit(url), urlsplit(other)
    return (one.scheme, one.hostname, one.port) == (two.scheme, two.hostname, two.port)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
