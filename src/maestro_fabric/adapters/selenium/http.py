"""HTTP calls from this process with the browser's cookies; WebDriver has none of its own."""

from __future__ import annotations

from urllib.parse import urlencode, urljoin

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, SSLError, TimeoutError  # noqa: A004 - urllib3's own name

from maestro_fabric.adapters.browser.engine import HttpCall
from maestro_fabric.adapters.browser.responses import Response
from maestro_fabric.adapters.selenium.cookies import Cookies
from maestro_fabric.config.durations import format_duration
from maestro_fabric.errors import TransportError

__all__ = ["fetch"]

_MAX_REDIRECTS = 20


def fetch(call: HttpCall, cookies: Cookies, *, verify: bool = True) -> Response:
    """The answer, redirects followed as the call says; cookies are sent, and those of the answer are kept.

    Raises:
        TransportError: when there is none.
    """
    url, method, body, headers = _address(call), call.method, _body(call), dict(call.headers)
    if call.form is not None:
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
    with urllib3.PoolManager(cert_reqs="CERT_REQUIRED" if verify else "CERT_NONE") as pool:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = _send(pool, method, url, headers, body, cookies, call.timeout)
            target = answer.headers.get("location")
            if not call.follow or target is None or answer.status not in (301, 302, 303, 307, 308):
                text = answer.data.decode("utf-8", "replace")
                return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, text)
            url = urljoin(url, target)
            if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
                method, body = "GET", None
                headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    raise TransportError(f"{call.url} leads from one redirect to the next, more than {_MAX_REDIRECTS} times")


def _send(
    pool: urllib3.PoolManager,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | str | None,
    cookies: Cookies,
    timeout_ms: float,
) -> urllib3.BaseHTTPResponse:
    cookie = cookies.header_for(url)
    own = {"user-agent": "maestro", "accept": "*/*", **headers, **({"cookie": cookie} if cookie else {})}
    try:
        answer = pool.request(
            method, url, headers=own, body=body, timeout=timeout_ms / 1000, redirect=False, retries=False, preload_content=True
        )
    except HTTPError as exc:
        # Not from it: as a cause it would look like the loss of the driver's own connection.
        raise TransportError(_show(exc, url, timeout_ms)) from None
    for header in answer.headers.getlist("set-cookie"):
        cookies.take(url, header)
    return answer


def _show(exc: HTTPError, url: str, timeout_ms: float) -> str:
    cause = exc.reason if isinstance(exc, MaxRetryError) else exc
    if isinstance(cause, NewConnectionError):
        return f"{url}: connect ECONNREFUSED or the host's name is unknown (nothing listens there: is the service running?)"
    if isinstance(cause, SSLError):
        return f"{url}: {cause} (the certificate is not trusted: browser.ignore_https_errors: true)"
    if isinstance(cause, TimeoutError):
        return f"{url} did not answer within {format_duration(timeout_ms / 1000)}"
    return f"{url}: {cause}"


def _address(call: HttpCall) -> str:
    if not call.query:
        return call.url
    values = {name: str(value).lower() if isinstance(value, bool) else value for name, value in call.query.items()}
    return f"{call.url}{'&' if '?' in call.url else '?'}{urlencode(values)}"


def _body(call: HttpCall) -> bytes | str | None:
    return urlencode(call.form) if call.form is not None else call.body
