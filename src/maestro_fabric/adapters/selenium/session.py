"""A suite in one worker: one driver, and for each case a browser as new, with the set-up's state to start from."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from typing import cast

from selenium.common.exceptions import WebDriverException
from urllib3.exceptions import HTTPError

from maestro_fabric.adapters.browser.attempt import outcome_of, play_attempt, start_fault
from maestro_fabric.adapters.browser.attempts import Attempts
from maestro_fabric.adapters.browser.dialogs import Dialogs
from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.adapters.browser.keeping import keep_evidence
from maestro_fabric.adapters.browser.play import Played, play
from maestro_fabric.adapters.browser.scene import Scene
from maestro_fabric.adapters.browser.scope import Scope
from maestro_fabric.adapters.browser.setup import Setup
from maestro_fabric.adapters.selenium.browsers import acquire, discard, release
from maestro_fabric.adapters.selenium.commands import Commands
from maestro_fabric.adapters.selenium.engine import SeleniumEngine
from maestro_fabric.adapters.selenium.launch import Launch, Launched
from maestro_fabric.adapters.selenium.state import State, apply_settings, collect_state, reset
from maestro_fabric.adapters.selenium.watched import Watch, run_watched
from maestro_fabric.config.journey import PlannedStep
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.errors import PluginError, SessionLost, TransportError
from maestro_fabric.model import Case, Outcome, Status
from maestro_fabric.ports import Context, Deadline, Emit

__all__ = ["SeleniumSession"]

# Starting a browser may take this much longer than the deadline before it is interrupted.
_START_SLACK_S = 0.25
_LEAVE_S = 5.0


@dataclass(slots=True, eq=False)
class SeleniumSession:
    """Runs the cases of one suite."""

    settings: BrowserConfig
    context: Context
    wanted: Launch
    attempts: Attempts
    _browser: Launched | None = None
    _setup: Setup[State] = field(default_factory=Setup)
    _begin_script: str = ""
    _unavailable: str = ""

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """Play the case once in a browser as new.

        Raises:
            SessionLost: when the browser has gone.
        """
        evidence = self.attempts.begin(self.context.artifacts, case.id)
        if self._unavailable:
            return Outcome(status=Status.BLOCKED, reason=self._unavailable)
        watch = Watch(stop_at=time.monotonic() + deadline.left_s + _START_SLACK_S, kill=self._kill)
        try:
            return run_watched(lambda: play_attempt(case, _Venue(self, deadline, watch), self._setup, evidence), watch)
        except SessionLost:
            self.drop()
            raise
        finally:
            if watch.interrupted:
                self.drop()

    def close(self) -> None:
        """Give the browser back; it ends a little later unless another suite takes it."""
        browser, self._browser = self._browser, None
        if browser is None:
            return
        if browser.is_alive():
            release(self.wanted, browser)
        else:
            discard(browser)

    def drop(self) -> None:
        """End the browser now: nobody can use it any more."""
        browser, self._browser = self._browser, None
        if browser is not None:
            discard(browser)

    def ready(self, dialogs: Dialogs, state: State, watch: Watch) -> tuple[Launched, Commands]:
        """The browser as new but for the state, started if there is none, and what sends its commands."""

        def left_s() -> float:
            return watch.stop_at - time.monotonic()

        if self._browser is not None and not self._browser.is_alive():
            self.drop()
        is_new = self._browser is None
        browser = self._browser = self._browser or acquire(self.wanted, self.context.start_child, left_s)
        browser.limit(left_s)
        commands = Commands(browser.driver, dialogs, browser.is_chromium)
        commands.limit_loading(self.settings.within * 1000)
        if is_new:
            self._begin_script = ""
        self._begin_script = reset(commands, state, self._begin_script, is_used=browser.is_used)
        browser.is_used = True
        if is_new:
            apply_settings(commands, self.settings)
        if browser.is_chromium:
            for kind in ("browser", "performance"):
                commands.log(kind)
        # What was in the way until now belongs to the case before.
        dialogs.unexpected.clear()
        return browser, commands

    def block(self, reason: str) -> Outcome:
        """This case and all that follow are blocked: no browser can be had."""
        self._unavailable = reason
        return Outcome(status=Status.BLOCKED, reason=reason)

    def _kill(self) -> None:
        if self._browser is not None:
            self._browser.kill()


@dataclass(frozen=True, slots=True)
class _Venue:
    """The session's one browser, made as new for each scene."""

    session: SeleniumSession
    deadline: Deadline
    watch: Watch

    def open(self, first: PlannedStep, state: State | None, evidence: Evidence) -> Scene:
        """The browser's only tab, without traces of the case before."""
        session, dialogs, start = self.session, Dialogs(), state or State()
        try:
            browser, commands = session.ready(dialogs, start, self.watch)
        except (WebDriverException, HTTPError, OSError):
            # It died since its last case, which is only noticed now: start another one.
            session.drop()
            browser, commands = session.ready(dialogs, start, self.watch)
        engine = SeleniumEngine(commands=commands, settings=session.settings, debugger=browser.debugger)
        return Scene(
            engine=engine,
            page=engine.tabs()[0],
            settings=session.settings,
            surroundings=session.context,
            scope=Scope(session.context),
            evidence=evidence,
            deadline=self.deadline,
            watch=self.watch,
            dialogs=dialogs,
            planned=first,
        )

    def perform(self, scene: Scene, steps: tuple[PlannedStep, ...]) -> Outcome:
        """Play the steps."""
        played = play(scene, steps)
        url = _url_of(scene)
        self.keep(scene, played)
        session = self.session
        return outcome_of(scene, played, {"browser": session.settings.engine, "url": session.context.redact(url)})

    def collect(self, scene: Scene) -> State:
        """Cookies and local storage."""
        return collect_state(cast("SeleniumEngine", scene.engine).commands, scene.page.handle)

    def keep(self, scene: Scene, played: Played) -> None:
        """Keep the evidence; Selenium records no traces."""
        if played.status is not Status.PASSED and not scene.watch.interrupted:
            _note_console(scene)
        if self.session.context.options.pause and played.status is not Status.PASSED:
            scene.log("--maestro-pause works with Playwright only: Selenium has no inspector")
        keep_evidence(scene, played, is_traced=False)

    def close(self, scene: Scene) -> None:
        """End what belongs to the case alone; the browser stays."""
        scene.watch.stop_at = time.monotonic() + _LEAVE_S
        cast("SeleniumEngine", scene.engine).close()

    def refuse(self, exc: Exception) -> Outcome:
        """Blocked when no browser can be had, else an error."""
        context = self.session.context
        is_late = self.watch.interrupted or self.deadline.is_over
        if isinstance(exc, PluginError | TransportError) and not is_late:
            # Not this case's fault, and the next one's start would fail as well.
            return self.session.block(context.redact(str(exc)))
        return Outcome(status=Status.ERROR, fault=start_fault(exc, context, self.deadline, self.watch))


def _url_of(scene: Scene) -> str:
    # The page may have gone, or not answer.
    if not scene.watch.interrupted:
        with contextlib.suppress(*scene.engine.faults.errors):
            return str(scene.page.url)
    return ""


def _note_console(scene: Scene) -> None:
    """Keep the errors that pages reported, as far as the browser tells: Chromium does."""
    engine = cast("SeleniumEngine", scene.engine)
    if not engine.commands.is_chromium:
        return
    scene.watch.stop_at = time.monotonic() + _LEAVE_S
    with contextlib.suppress(*scene.engine.faults.errors):
        for entry in engine.commands.log("browser"):
            if entry["level"] == "SEVERE":
                scene.note(_show_entry(entry["source"], entry["message"]))


def _show_entry(source: str, message: str) -> str:
    """``http://host/page 6:12 "text"`` as Playwright's listeners would write it."""
    match = re.match(r"(\S+) (?:-|(\d+):\d+) (.*)", message, re.DOTALL)
    if match is None:
        return f"console error: {message}"
    place, line, text = match.groups()
    if source == "javascript":
        return f"page error: {text.removeprefix('Uncaught ')}"
    if text.startswith('"') and text.endswith('"'):
        text = text[1:-1].encode().decode("unicode_escape") if text.isascii() else text[1:-1]
    return f"console error: {text} ({place}:{line or ''})"
