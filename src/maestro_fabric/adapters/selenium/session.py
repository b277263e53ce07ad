"""A suite in one worker: one driver, and for each case a browser as new, with the set-up's state to start from."""

from __future__ import annotations

import contextlib
import re
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from selenium.common.exceptions import WebDriverException
from urllib3.exceptions import HTTPError

from maestro_fabric.adapters.browser.dialogs import Dialogs
from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.adapters.browser.healing import with_heals
from maestro_fabric.adapters.browser.keeping import keep_evidence
from maestro_fabric.adapters.browser.play import Played, play
from maestro_fabric.adapters.browser.scene import Scene
from maestro_fabric.adapters.browser.scope import Scope
from maestro_fabric.adapters.selenium.browsers import acquire, discard, release
from maestro_fabric.adapters.selenium.commands import Commands
from maestro_fabric.adapters.selenium.engine import SeleniumEngine
from maestro_fabric.adapters.selenium.launch import Launch, Launched
from maestro_fabric.adapters.selenium.state import State, apply_settings, collect_state, reset
from maestro_fabric.adapters.selenium.watched import Watch, run_watched
from maestro_fabric.config.journey import Journey, PlannedStep
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.errors import DeadlineExceeded, MaestroError, PluginError, SessionLost, TransportError
from maestro_fabric.model import Artifact, Case, CaseId, Fault, Outcome, Status
from maestro_fabric.ports import Context, Deadline, Emit

__all__ = ["AttemptKey", "SeleniumSession"]

AttemptKey = tuple[Path, CaseId]

# A set-up that failed this often is not tried again: fifty cases would wait for it fifty times.
_MAX_SETUPS = 3
# Starting a browser may take this much longer than the deadline before it is interrupted.
_START_SLACK_S = 0.25
_LEAVE_S = 5.0


@dataclass(slots=True, kw_only=True)
class _Setup:
    """What the suite's set-up left, or how it failed."""

    state: State = field(default_factory=State)
    is_done: bool = False
    failures: int = 0
    fault: Fault | None = None
    artifacts: tuple[Artifact, ...] = ()


@dataclass(slots=True, eq=False)
class SeleniumSession:
    """Runs the cases of one suite."""

    settings: BrowserConfig
    context: Context
    wanted: Launch
    attempts: Counter[AttemptKey]
    _browser: Launched | None = None
    _setup: _Setup = field(default_factory=_Setup)
    _begin_script: str = ""
    _unavailable: str = ""

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """Play the case once in a browser as new.

        Raises:
            SessionLost: when the browser has gone.
        """
        key = (self.context.artifacts, case.id)
        self.attempts[key] += 1
        attempt = self.attempts[key]
        watch = Watch(stop_at=time.monotonic() + deadline.left_s + _START_SLACK_S, kill=self._kill)
        try:
            return run_watched(lambda: self._try(case, attempt, deadline, watch), watch)
        finally:
            if watch.interrupted:
                self._drop()

    def close(self) -> None:
        """Give the browser back; it ends a little later unless another suite takes it."""
        browser, self._browser = self._browser, None
        if browser is None:
            return
        if browser.is_alive():
            release(self.wanted, browser)
        else:
            discard(browser)

    def _kill(self) -> None:
        if self._browser is not None:
            self._browser.kill()

    def _drop(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            discard(browser)

    def _try(self, case: Case, attempt: int, deadline: Deadline, watch: Watch) -> Outcome:
        journey = cast("Journey", case.body)
        if self._unavailable:
            return Outcome(status=Status.BLOCKED, reason=self._unavailable)
        try:
            if journey.setup and not self._setup.is_done:
                self._set_up(journey.setup, Evidence(self.context.artifacts, case.id, attempt), deadline, watch)
            if journey.setup and self._setup.fault is not None:
                return Outcome(status=Status.ERROR, fault=self._setup.fault, artifacts=self._setup.artifacts)
            evidence = Evidence(self.context.artifacts, case.id, attempt)
            scene = self._scene(journey.steps[0], self._setup.state if journey.setup else State(), evidence, deadline, watch)
        except SessionLost:
            self._drop()
            raise
        except Exception as exc:
            return self._not_started(exc, deadline, watch)
        try:
            return self._play(scene, journey.steps)
        except SessionLost:
            self._drop()
            raise
        finally:
            _leave(scene)

    def _play(self, scene: Scene, steps: tuple[PlannedStep, ...]) -> Outcome:
        played = play(scene, steps)
        url = _url_of(scene)
        self._finish(scene, played)
        redact = self.context.redact
        lines = [*scene.output, *scene.dialogs.unexpected, *(scene.console if played.status is not Status.PASSED else [])]
        outcome = Outcome(
            status=played.status,
            fault=played.fault,
            steps=tuple(played.steps),
            artifacts=scene.evidence.written(),
            output=redact("\n".join(lines)),
            metadata={"browser": self.settings.engine, "url": redact(url)},
        )
        return with_heals(scene, outcome)

    def _finish(self, scene: Scene, played: Played) -> None:
        if played.status is not Status.PASSED and not scene.watch.interrupted:
            _note_console(scene)
        if self.context.options.pause and played.status is not Status.PASSED:
            scene.log("--maestro-pause works with Playwright only: Selenium has no inspector")
        keep_evidence(scene, played, is_traced=False)

    def _set_up(self, steps: tuple[PlannedStep, ...], evidence: Evidence, deadline: Deadline, watch: Watch) -> None:
        """Play the suite's set-up, and keep the state it leaves or the fault it ends with."""
        setup = self._setup
        if setup.failures >= _MAX_SETUPS:
            return
        scene = self._scene(steps[0], State(), evidence, deadline, watch)
        scene.mending.is_shut = True
        try:
            played = play(scene, steps)
            setup.fault = None
            if played.status is Status.PASSED:
                engine = cast("SeleniumEngine", scene.engine)
                setup.state = collect_state(engine.commands, scene.page.handle)
                setup.is_done = True
                return
            self._finish(scene, played)
        finally:
            _leave(scene)
        setup.failures += 1
        setup.artifacts = scene.evidence.written()
        again = "; it failed 3 times and is not tried again" if setup.failures == _MAX_SETUPS else ""
        if played.fault is not None:
            setup.fault = replace(played.fault, message=f"the suite's set-up did not pass{again}\n{played.fault.message}")

    def _scene(self, first: PlannedStep, state: State, evidence: Evidence, deadline: Deadline, watch: Watch) -> Scene:
        dialogs = Dialogs()
        try:
            browser, commands = self._ready_browser(dialogs, state, watch)
        except (WebDriverException, HTTPError, OSError):
            # It died since its last case, which is only noticed now: start another one.
            self._drop()
            browser, commands = self._ready_browser(dialogs, state, watch)
        engine = SeleniumEngine(commands=commands, settings=self.settings, debugger=browser.debugger)
        return Scene(
            engine=engine,
            page=engine.tabs()[0],
            settings=self.settings,
            surroundings=self.context,
            scope=Scope(self.context),
            evidence=evidence,
            deadline=deadline,
            watch=watch,
            dialogs=dialogs,
            planned=first,
        )

    def _ready_browser(self, dialogs: Dialogs, state: State, watch: Watch) -> tuple[Launched, Commands]:
        def left_s() -> float:
            return watch.stop_at - time.monotonic()

        if self._browser is not None and not self._browser.is_alive():
            self._drop()
        is_new = self._browser is None
        browser = self._browser = self._browser or acquire(self.wanted, self.context.start_child, left_s)
        browser.limit(left_s)
        commands = Commands(browser.driver, dialogs, browser.is_chromium)
        commands.limit_loading(self.settings.within * 1000)
        if is_new:
            self._begin_script = ""
        self._begin_script = reset(commands, state, self._begin_script)
        if is_new:
            apply_settings(commands, self.settings)
        if browser.is_chromium:
            for kind in ("browser", "performance"):
                commands.log(kind)
        # What was in the way until now belongs to the case before.
        dialogs.unexpected.clear()
        return browser, commands

    def _not_started(self, exc: Exception, deadline: Deadline, watch: Watch) -> Outcome:
        known, trace = exc, ""
        redact = self.context.redact
        if watch.interrupted or deadline.is_over:
            known = DeadlineExceeded("starting the browser for the case", deadline.limit_s)
        elif isinstance(exc, PluginError | TransportError):
            # Not this case's fault, and the next one's start would fail as well.
            self._unavailable = redact(str(exc))
            return Outcome(status=Status.BLOCKED, reason=self._unavailable)
        elif not isinstance(exc, MaestroError):
            trace = "".join(traceback.format_exception(exc))
        return Outcome(status=Status.ERROR, fault=Fault(type=type(known).__name__, message=redact(str(known)), trace=redact(trace)))


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


def _leave(scene: Scene) -> None:
    """End what belongs to the case alone."""
    scene.watch.stop_at = time.monotonic() + _LEAVE_S
    cast("SeleniumEngine", scene.engine).close()
