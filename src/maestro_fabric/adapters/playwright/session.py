"""A suite in one worker: the browser is kept, each case gets a context of its own, and the set-up's state to start from."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.attempt import outcome_of, play_attempt, start_fault
from maestro_fabric.adapters.browser.attempts import Attempts
from maestro_fabric.adapters.browser.dialogs import Dialogs
from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.adapters.browser.keeping import keep_evidence, wants_trace
from maestro_fabric.adapters.browser.play import Played, play
from maestro_fabric.adapters.browser.scene import Scene
from maestro_fabric.adapters.browser.scope import Scope
from maestro_fabric.adapters.browser.setup import Setup
from maestro_fabric.adapters.playwright.browsers import Browsers, LaunchKey, context_options
from maestro_fabric.adapters.playwright.driver import Driver, Watch, acquire_driver
from maestro_fabric.adapters.playwright.engine import PlaywrightEngine, show_console_message, show_page_error
from maestro_fabric.adapters.playwright.faults import is_closed, translate
from maestro_fabric.adapters.playwright.internals import ignored_loss
from maestro_fabric.config.journey import PlannedStep
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.model import Case, Outcome, Status
from maestro_fabric.ports import Context, Deadline, Emit

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Dialog

__all__ = ["PlaywrightSession"]

# Starting a browser and making a context may take this much longer than the deadline before they are interrupted.
_START_SLACK_S = 0.25
_CLOSE_S = 5.0


@dataclass(slots=True, eq=False)
class PlaywrightSession:
    """Runs the cases of one suite."""

    settings: BrowserConfig
    context: Context
    headed: bool
    attempts: Attempts
    _driver: Driver | None = None
    _setup: Setup[Any] = field(default_factory=Setup)

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """Play the case once in a fresh context.

        Raises:
            SessionLost: when the browser has gone.
        """
        if self._driver is not None and not self._driver.is_alive():
            self.close()
        if self._driver is None:
            self._driver = acquire_driver(self.context.processes)
        evidence = self.attempts.begin(self.context.artifacts, case.id)
        watch = Watch(stop_at=time.monotonic() + deadline.left_s + _START_SLACK_S)

        def work(browsers: Browsers) -> Outcome:
            return play_attempt(case, _Venue(self.settings, self.context, self.headed, browsers, deadline, watch), self._setup, evidence)

        return self._driver.run(work, watch)

    def close(self) -> None:
        """Give the browser back; it ends a little later unless another suite takes it."""
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.release()


@dataclass(frozen=True, slots=True)
class _Venue:
    """A context of Playwright's for each scene. All of it happens in the driver's thread."""

    settings: BrowserConfig
    context: Context
    headed: bool
    browsers: Browsers
    deadline: Deadline
    watch: Watch

    def open(self, first: PlannedStep, state: Any, evidence: Evidence) -> Scene:
        """A new context, and a page in it."""
        context = self._new_context(state)
        self.watch.context = context
        dialogs = Dialogs()
        scene = Scene(
            engine=PlaywrightEngine(context, self.settings, kept=self.browsers.kept),
            page=context.new_page(),
            settings=self.settings,
            surroundings=self.context,
            scope=Scope(self.context),
            evidence=evidence,
            deadline=self.deadline,
            watch=self.watch,
            dialogs=dialogs,
            planned=first,
        )
        # Not the bound methods: Playwright sets an attribute on the object of one, and these have slots.
        context.on("dialog", lambda dialog: _answer(dialogs, dialog))
        context.on("console", lambda message: scene.note(show_console_message(message)) if message.type == "error" else None)
        context.on("weberror", lambda error: scene.note(show_page_error(error)))
        return scene

    def perform(self, scene: Scene, steps: tuple[PlannedStep, ...]) -> Outcome:
        """Play the steps, recorded if that is wanted."""
        is_traced = wants_trace(self.settings, scene.evidence.attempt)
        if is_traced:
            scene.page.context.tracing.start(screenshots=True, snapshots=True)
        played = play(scene, steps)
        url = scene.page.url
        self._pause(scene, played)
        keep_evidence(scene, played, is_traced=is_traced)
        return outcome_of(scene, played, {"browser": self.settings.engine, "url": self.context.redact(url)})

    def collect(self, scene: Scene) -> Any:
        """Cookies and local storage, as Playwright writes them."""
        return scene.page.context.storage_state()

    def keep(self, scene: Scene, played: Played) -> None:
        """Keep the evidence; a set-up is not recorded."""
        keep_evidence(scene, played, is_traced=False)

    def close(self, scene: Scene) -> None:
        """Close the context. A browser that does not answer to that is killed by the watching thread."""
        self.watch.stop_at = time.monotonic() + _CLOSE_S
        # The outcome stands already, and the browser may have gone.
        with ignored_loss():
            scene.page.context.close()

    def refuse(self, exc: Exception) -> Outcome:
        """An error, in our words where Playwright's are known."""
        from playwright.sync_api import Error

        known = translate(exc) if isinstance(exc, Error) else exc
        return Outcome(status=Status.ERROR, fault=start_fault(known, self.context, self.deadline, self.watch))

    def _new_context(self, state: Any) -> BrowserContext:
        from playwright.sync_api import Error

        key = LaunchKey.of(self.settings, headed=self.headed)
        options = context_options(self.browsers.playwright, self.settings)
        if state is not None and (state["cookies"] or state["origins"]):
            options["storage_state"] = state
        try:
            return self.browsers.get(key).new_context(**options)
        except Error as exc:
            if not is_closed(exc):
                raise
            # It died since its last case, which is only noticed by the next call: start another one.
            return self.browsers.get(key).new_context(**options)

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


def _answer(dialogs: Dialogs, dialog: Dialog) -> None:
    # The page may go while its dialog is open.
    with ignored_loss():
        dialogs.handle(dialog)
