"""A suite in one worker: the browser is kept, each case gets a context of its own, and the set-up's state to start from."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from maestro_fabric.adapters.browser.dialogs import Dialogs
from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.adapters.browser.keeping import keep_evidence, wants_trace
from maestro_fabric.adapters.browser.play import Played, play
from maestro_fabric.adapters.browser.scene import Scene
from maestro_fabric.adapters.browser.scope import Scope
from maestro_fabric.adapters.playwright.browsers import Browsers, LaunchKey, context_options
from maestro_fabric.adapters.playwright.driver import Driver, Watch, acquire_driver
from maestro_fabric.adapters.playwright.engine import PlaywrightEngine, show_console_message, show_page_error
from maestro_fabric.adapters.playwright.faults import is_closed, translate
from maestro_fabric.adapters.playwright.internals import ignored_loss
from maestro_fabric.config.journey import Journey, PlannedStep
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.errors import DeadlineExceeded, MaestroError, SessionLost
from maestro_fabric.model import Artifact, Case, CaseId, Fault, Outcome, Status
from maestro_fabric.ports import Context, Deadline, Emit

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

__all__ = ["AttemptKey", "PlaywrightSession"]

AttemptKey = tuple[Path, CaseId]

# A set-up that failed this often is not tried again: fifty cases would wait for it fifty times.
_MAX_SETUPS = 3
# Starting a browser and making a context may take this much longer than the deadline before they are interrupted.
_START_SLACK_S = 0.25
_CLOSE_S = 5.0


@dataclass(slots=True, kw_only=True)
class _Setup:
    """What the suite's set-up left, or how it failed."""

    state: Any = None
    is_done: bool = False
    failures: int = 0
    fault: Fault | None = None
    artifacts: tuple[Artifact, ...] = ()


@dataclass(slots=True, eq=False)
class PlaywrightSession:
    """Runs the cases of one suite."""

    settings: BrowserConfig
    context: Context
    headed: bool
    attempts: Counter[AttemptKey]
    _driver: Driver | None = None
    _setup: _Setup = field(default_factory=_Setup)

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """Play the case once in a fresh context.

        Raises:
            SessionLost: when the browser has gone.
        """
        if self._driver is not None and not self._driver.is_alive():
            self.close()
        if self._driver is None:
            self._driver = acquire_driver(self.context.processes)
        key = (self.context.artifacts, case.id)
        self.attempts[key] += 1
        attempt = self.attempts[key]
        watch = Watch(stop_at=time.monotonic() + deadline.left_s + _START_SLACK_S)
        return self._driver.run(lambda browsers: self._try(browsers, case, attempt, deadline, watch), watch)

    def close(self) -> None:
        """Give the browser back; it ends a little later unless another suite takes it."""
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.release()

    def _try(self, browsers: Browsers, case: Case, attempt: int, deadline: Deadline, watch: Watch) -> Outcome:
        journey = cast("Journey", case.body)
        evidence = Evidence(self.context.artifacts, case.id, attempt)
        try:
            if journey.setup and not self._setup.is_done:
                self._set_up(browsers, journey.setup, Evidence(self.context.artifacts, case.id, attempt), deadline, watch)
            if journey.setup and self._setup.fault is not None:
                return Outcome(status=Status.ERROR, fault=self._setup.fault, artifacts=self._setup.artifacts)
            scene = self._scene(browsers, journey.steps[0], self._setup.state if journey.setup else None, evidence, deadline, watch)
        except SessionLost:
            raise
        except Exception as exc:
            return self._not_started(exc, deadline, watch)
        try:
            return self._play(scene, journey.steps, attempt)
        finally:
            _leave(scene)

    def _play(self, scene: Scene, steps: tuple[PlannedStep, ...], attempt: int) -> Outcome:
        is_traced = wants_trace(self.settings, attempt)
        if is_traced:
            scene.page.context.tracing.start(screenshots=True, snapshots=True)
        played = play(scene, steps)
        url = scene.page.url
        self._pause(scene, played)
        keep_evidence(scene, played, is_traced=is_traced)
        redact = self.context.redact
        lines = [*scene.output, *scene.dialogs.unexpected, *(scene.console if played.status is not Status.PASSED else [])]
        return Outcome(
            status=played.status,
            fault=played.fault,
            steps=tuple(played.steps),
            artifacts=scene.evidence.written(),
            output=redact("\n".join(lines)),
            metadata={"browser": self.settings.engine, "url": redact(url)},
        )

    def _set_up(self, browsers: Browsers, steps: tuple[PlannedStep, ...], evidence: Evidence, deadline: Deadline, watch: Watch) -> None:
        """Play the suite's set-up, and keep the state it leaves or the fault it ends with."""
        setup = self._setup
        if setup.failures >= _MAX_SETUPS:
            return
        scene = self._scene(browsers, steps[0], None, evidence, deadline, watch)
        try:
            played = play(scene, steps)
            setup.fault = None
            if played.status is Status.PASSED:
                setup.state = scene.page.context.storage_state()
                setup.is_done = True
                return
            keep_evidence(scene, played, is_traced=False)
        finally:
            _leave(scene)
        setup.failures += 1
        setup.artifacts = scene.evidence.written()
        again = "; it failed 3 times and is not tried again" if setup.failures == _MAX_SETUPS else ""
        if played.fault is not None:
            setup.fault = replace(played.fault, message=f"the suite's set-up did not pass{again}\n{played.fault.message}")

    def _scene(self, browsers: Browsers, first: PlannedStep, state: Any, evidence: Evidence, deadline: Deadline, watch: Watch) -> Scene:
        context = self._new_context(browsers, state)
        watch.context = context
        dialogs = Dialogs()
        scene = Scene(
            engine=PlaywrightEngine(context, self.settings),
            page=context.new_page(),
            settings=self.settings,
            surroundings=self.context,
            scope=Scope(self.context),
            evidence=evidence,
            deadline=deadline,
            watch=watch,
            dialogs=dialogs,
            planned=first,
        )
        # Not the bound methods: Playwright sets an attribute on the object of one, and these have slots.
        context.on("dialog", lambda dialog: dialogs.handle(dialog))
        context.on("console", lambda message: scene.note(show_console_message(message)) if message.type == "error" else None)
        context.on("weberror", lambda error: scene.note(show_page_error(error)))
        return scene

    def _new_context(self, browsers: Browsers, state: Any) -> BrowserContext:
        from playwright.sync_api import Error

        key = LaunchKey.of(self.settings, headed=self.headed)
        options = context_options(browsers.playwright, self.settings)
        if state is not None and (state["cookies"] or state["origins"]):
            options["storage_state"] = state
        try:
            return browsers.get(key).new_context(**options)
        except Error as exc:
            if not is_closed(exc):
                raise
            # It died since its last case, which is only noticed by the next call: start another one.
            return browsers.get(key).new_context(**options)

    def _not_started(self, exc: Exception, deadline: Deadline, watch: Watch) -> Outcome:
        from playwright.sync_api import Error

        known, trace = exc, ""
        if watch.interrupted or deadline.is_over:
            known = DeadlineExceeded("starting the browser for the case", deadline.limit_s)
        elif isinstance(exc, Error):
            known = translate(exc)
        elif not isinstance(exc, MaestroError):
            trace = "".join(traceback.format_exception(exc))
        redact = self.context.redact
        return Outcome(status=Status.ERROR, fault=Fault(type=type(known).__name__, message=redact(str(known)), trace=redact(trace)))

    def _pause(self, scene: Scene, played: Played) -> None:
        """Stop for a person before the page is closed, when a step did not pass."""
        if not self.context.options.pause or played.status is Status.PASSED or scene.watch.interrupted:
            return
        if not self.headed:
            scene.log("--maestro-pause needs a window: add --maestro-headed")
            return
        scene.watch.stop_at = float("inf")
        # A person who closes the window has seen enough.
        with ignored_loss():
            scene.page.pause()


def _leave(scene: Scene) -> None:
    """Close the case's context. A browser that does not answer to that is killed by the watching thread."""
    scene.watch.stop_at = time.monotonic() + _CLOSE_S
    # The outcome stands already, and the browser may have gone.
    with ignored_loss():
        scene.page.context.close()
