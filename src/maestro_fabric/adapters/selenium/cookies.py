"""The cookies of one case's browser."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, Morsel, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from maestro_fabric.adapters.selenium.commands import Commands
from maestro_fabric.errors import ConfigError

__all__ = ["Cookies"]


@dataclass(frozen=True, slots=True)
class Cookies:
    """Reads and sets them: Chromium's for any address, other browsers' for the current page."""

    commands: Commands

    def header_for(self, url: str) -> str:
        """The value of ``Cookie`` for a request; empty without cookies."""
        if self.commands.is_chromium:
            found = self.commands.devtools("Network.getCookies", urls=[url])["cookies"]
        else:
            found = self.commands.send(self.commands.driver.get_cookies) if self._is_here(url) else []
        return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in found)

    def set(self, cookie: Mapping[str, Any]) -> None:
        """Set one: ``name``, ``value``, and ``url``, or ``domain`` and ``path``.

        Raises:
            ConfigError: when the browser refuses it.
        """
        if self.commands.is_chromium:
            if not self.commands.devtools("Network.setCookie", **cookie)["success"]:
                raise ConfigError(f"the browser does not take the cookie {cookie['name']!r}: do its domain, path and flags fit?")
            return
        url = str(cookie.get("url") or f"http://{cookie.get('domain', '').lstrip('.')}")
        if not self._is_here(url):
            raise ConfigError(f"this browser takes cookies only for the page that is open: open {url} before set_cookie")
        self.commands.send(lambda: self.commands.driver.add_cookie({key: value for key, value in cookie.items() if key != "url"}))

    def take(self, url: str, header: str) -> None:
        """Take over what an answer says in one ``Set-Cookie``; what cannot be read is left out, as a browser does."""
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(header)
        except CookieError:
            return
        for name, morsel in jar.items():
            cookie = _as_cookie(url, name, morsel)
            if self.commands.is_chromium:
                self.commands.devtools("Network.setCookie", **cookie)
            elif self._is_here(url):
                self.set({key: value for key, value in cookie.items() if key != "expires"})

    def _is_here(self, url: str) -> bool:
        here = urlsplit(self.commands.send(lambda: self.commands.driver.current_url)).hostname
        return here is not None and here == urlsplit(url).hostname


def _as_cookie(url: str, name: str, morsel: Morsel[str]) -> dict[str, Any]:
    cookie: dict[str, Any] = {"name": name, "value": morsel.coded_value, "url": url}
    cookie |= {key: morsel[key] for key in ("domain", "path") if morsel[key]}
    cookie |= {"secure": bool(morsel["secure"]), "httpOnly": bool(morsel["httponly"])}
    if morsel["samesite"]:
        cookie["sameSite"] = morsel["samesite"].capitalize()
    if morsel["max-age"]:
        cookie["expires"] = time.time() + float(morsel["max-age"])
    elif morsel["expires"]:
        cookie["expires"] = parsedate_to_datetime(morsel["expires"]).timestamp()
    return cookie
