"""What a case starts with: an empty browser, the suite's set-up's cookies and local storage, and the settings of its page.

One browser serves all cases of a worker, and one tab, since a new tab costs 130 ms and a new user context 400 (measured). So the
traces of the case before are removed: the other tabs, cookies, cache, permissions, the history, and all storage of every
address that was visited.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from selenium.common.exceptions import WebDriverException

from maestro_fabric.adapters.selenium.commands import Commands
from maestro_fabric.config.models import BrowserConfig

__all__ = ["State", "apply_settings", "collect_state", "reset"]

# Cookies are removed by themselves; "all" would take eight times as long, over what belongs to advertisements (measured).
_STORAGES = "file_systems,indexeddb,local_storage,service_workers,cache_storage"
_DEFAULT_VIEWPORT = "1280x720"
_READ_LOCAL = "return [location.origin, Object.entries(localStorage)]"
_CLEAR = """
localStorage.clear();
sessionStorage.clear();
return indexedDB.databases().then((all) => { for (const one of all) indexedDB.deleteDatabase(one.name); });
"""
# Runs at the start of each document of the case's tab, and does its work once an origin: the mark is the case's.
_BEGIN = """(() => { try {
  const [mark, origins] = %s;
  if (sessionStorage.getItem('maestro-case') === mark) return;
  sessionStorage.clear();
  localStorage.clear();
  for (const [key, value] of origins[location.origin] || []) localStorage.setItem(key, value);
  sessionStorage.setItem('maestro-case', mark);
} catch { /* an address without storage */ } })()"""


@dataclass(frozen=True, slots=True)
class State:
    """What a set-up left: cookies as the browser gives them, and local storage by origin as pairs."""

    cookies: tuple[Mapping[str, Any], ...] = ()
    local: Mapping[str, list[list[str]]] = field(default_factory=dict)


def reset(commands: Commands, state: State, known_script: str, *, is_used: bool) -> str:
    """Have the browser as new, but for the state; gives the name of the script that keeps it so, for the next call.

    Args:
        commands: Sends them.
        state: What the case starts with.
        known_script: What the last call gave; empty before.
        is_used: Whether the browser was started for another case, whose traces must go.
    """
    _close_other_tabs(commands)
    if not commands.is_chromium:
        _reset_by_visiting(commands, state)
        return ""
    if is_used:
        _remove_traces(commands, known_script)
    else:
        # A driver begins with a page of its own; every case does with the same.
        commands.send(lambda: commands.driver.get("about:blank"))
    # Else a link to a file that no `download` step is about would put it into the folder that the run was started in.
    commands.devtools("Browser.setDownloadBehavior", behavior="deny")
    if state.cookies:
        commands.devtools("Network.setCookies", cookies=list(state.cookies))
    source = _BEGIN % json.dumps([uuid.uuid4().hex, dict(state.local)])
    return str(commands.devtools("Page.addScriptToEvaluateOnNewDocument", source=source)["identifier"])


def collect_state(commands: Commands, tab: str) -> State:
    """The cookies, and the local storage of the page that is open in a tab and of those that were before it."""
    commands.enter(tab)
    here = urlsplit(commands.send(lambda: commands.driver.current_url))
    local: dict[str, list[list[str]]] = {}
    places = [*(_visited(commands) if commands.is_chromium else ()), f"{here.scheme}://{here.netloc}"]
    for origin in reversed(dict.fromkeys(places)):
        if not origin.startswith("http"):
            continue
        if origin != f"{here.scheme}://{here.netloc}":
            commands.send(partial(commands.driver.get, origin))
        name, items = commands.script(_READ_LOCAL)
        if items:
            local[name] = items
    cookies = commands.devtools("Network.getAllCookies")["cookies"] if commands.is_chromium else commands.driver.get_cookies()
    return State(tuple(map(_settable, cookies)), local)


def apply_settings(commands: Commands, settings: BrowserConfig) -> None:
    """Give the tab its size, language and time zone."""
    width, height = map(int, (settings.viewport or _DEFAULT_VIEWPORT).split("x"))
    if not commands.is_chromium:
        _resize(commands, width, height)
        return
    commands.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    commands.devtools("Emulation.setTimezoneOverride", timezoneId=settings.timezone or "")
    # Also without one: the suite before may have set another.
    commands.devtools("Emulation.setLocaleOverride", **({"locale": settings.locale} if settings.locale else {}))
    agent = commands.script("return navigator.userAgent") if settings.locale else ""
    commands.devtools("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=settings.locale or "")


def _remove_traces(commands: Commands, known_script: str) -> None:
    origins = set(_visited(commands))
    commands.send(lambda: commands.driver.get("about:blank"))
    if known_script:
        commands.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=known_script)
    for origin in origins:
        commands.devtools("Storage.clearDataForOrigin", origin=origin, storageTypes=_STORAGES)
    for command in ("Network.clearBrowserCookies", "Network.clearBrowserCache", "Browser.resetPermissions", "Page.resetNavigationHistory"):
        commands.devtools(command)


def _close_other_tabs(commands: Commands) -> None:
    commands.answer_dialog()
    first, *others = commands.send(lambda: commands.driver.window_handles)
    for handle in others:
        commands.enter(handle)
        commands.send(commands.driver.close)
    commands.leave()
    commands.enter(first)


def _visited(commands: Commands) -> Iterator[str]:
    for entry in commands.devtools("Page.getNavigationHistory")["entries"]:
        parts = urlsplit(entry["url"])
        if parts.scheme.startswith("http"):
            yield f"{parts.scheme}://{parts.netloc}"


def _reset_by_visiting(commands: Commands, state: State) -> None:
    """Without DevTools a page's storage is reached only from the page itself: the one that the last case ended on."""
    driver = commands.driver
    # A page that has no storage, such as about:blank, refuses.
    with contextlib.suppress(WebDriverException):
        commands.script(_CLEAR)
    driver.delete_all_cookies()
    for origin, items in state.local.items():
        driver.get(origin)
        for cookie in state.cookies:
            # Cookies of other hosts are refused here.
            with contextlib.suppress(WebDriverException):
                driver.add_cookie(dict(cookie))
        commands.script("for (const [key, value] of arguments[0]) localStorage.setItem(key, value)", items)
    driver.get("about:blank")


def _resize(commands: Commands, width: int, height: int) -> None:
    inner = commands.script("return [outerWidth - innerWidth, outerHeight - innerHeight]")
    commands.driver.set_window_size(width + inner[0], height + inner[1])


def _settable(cookie: Mapping[str, Any]) -> Mapping[str, Any]:
    """The cookie as it is set: an expiry of -1 is a session's, which has none."""
    kept = {"name", "value", "domain", "path", "secure", "httpOnly", "sameSite", "expires", "expiry"}
    return {key: value for key, value in cookie.items() if key in kept and not (key == "expires" and value < 0)}
