"""The port of the step language, as far as it needs no page."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import Cookie, CookieJar
from typing import Any
from urllib.parse import urlsplit

from maestro_fabric.adapters.browser.engine import Faults, HttpCall
from maestro_fabric.adapters.browser.responses import Response
from maestro_fabric.adapters.http.client import Client, send
from maestro_fabric.adapters.http.faults import HttpFaults

__all__ = ["HttpEngine", "Surface"]


@dataclass(slots=True)
class HttpEngine:
    """Calls of one case: the worker's connections, cookies of its own.

    Attributes:
        client: The connections.
        own: Headers for the host of ``home``.
        home: The suite's base address; empty when there is none.
        cookies: The case's.
        faults: Reads errors.
    """

    client: Client
    own: Mapping[str, str]
    home: str
    cookies: CookieJar = field(default_factory=CookieJar)
    faults: Faults = field(default_factory=HttpFaults)

    def fetch(self, call: HttpCall) -> Response:
        """Call over HTTP with the case's cookies."""
        return send(self.client, call, self.cookies, self.own, self.home)

    def set_cookie(self, cookie: Mapping[str, Any]) -> None:
        """Set a cookie for its ``url``, or its ``domain`` and ``path``."""
        place = urlsplit(cookie.get("url", ""))
        host = cookie.get("domain") or place.hostname or ""
        # A jar knows hosts without a dot by this name; RFC 2965, section 1.
        domain = host if "." in host else f"{host}.local"
        self.cookies.set_cookie(
            Cookie(
                version=0,
                name=cookie["name"],
                value=cookie["value"],
                port=None,
                port_specified=False,
                domain=domain,
                domain_specified="domain" in cookie,
                domain_initial_dot=domain.startswith("."),
                path=cookie.get("path", "/"),
                path_specified=True,
                secure=bool(cookie.get("secure")),
                expires=None,
                discard=True,
                comment=None,
                comment_url=None,
                rest={"HttpOnly": ""} if cookie.get("httpOnly") else {},
            )
        )

    def for_calls(self, tab: Any) -> Any:
        """What the function of a ``call`` step gets: the `Surface`."""
        return tab

    def answers(self) -> bool:
        """Always: there is no browser that could have gone."""
        return True

    def origin(self, tab: Any) -> tuple[str, int]:
        """Nothing: no page is open."""
        return "", 0


@dataclass(frozen=True, slots=True)
class Surface:
    """What stands where a browser suite has its page; a ``call`` step's function gets it.

    Attributes:
        engine: Calls with the case's cookies: ``surface.engine.fetch(HttpCall(…))``.
        base_url: The suite's base address; empty when there is none.
        url: Empty: no page is open.
    """

    engine: HttpEngine
    base_url: str
    url: str = ""

    def wait_for_timeout(self, timeout: float) -> None:
        """Wait so many milliseconds."""
        time.sleep(timeout / 1000)
