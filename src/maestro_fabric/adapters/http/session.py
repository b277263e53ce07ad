"""A suite in one worker: the connections are kept, each case gets cookies of its own, and the set-up's to start from."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any, cast

from maestro_fabric.adapters.browser.attempt import outcome_of, play_attempt, start_fault
from maestro_fabric.adapters.browser.attempts import Attempts
from maestro_fabric.adapters.browser.calls import basic_auth
from maestro_fabric.adapters.browser.dialogs import Dialogs
from maestro_fabric.adapters.browser.evidence import Evidence, below_root
from maestro_fabric.adapters.browser.keeping import keep_exchanges
from maestro_fabric.adapters.browser.play import Played, play
from maestro_fabric.adapters.browser.scene import Scene
from maestro_fabric.adapters.browser.scope import Scope, as_text
from maestro_fabric.adapters.browser.setup import Setup
from maestro_fabric.adapters.http.client import Client
from maestro_fabric.adapters.http.engine import HttpEngine, Surface
from maestro_fabric.adapters.http.suite import HttpConfig
from maestro_fabric.config.journey import PlannedStep
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.config.templates import truth
from maestro_fabric.errors import MaestroError
from maestro_fabric.model import Case, Fault, Outcome, Status
from maestro_fabric.ports import Context, Deadline, Emit

__all__ = ["HttpSession"]


@dataclass(slots=True)
class _Watch:
    """Nobody watches: every call has its own limit."""

    stop_at: float = float("inf")
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class _State:
    """What a set-up left: cookies, and the answers' values that it saved."""

    cookies: CookieJar = field(default_factory=CookieJar)
    saved: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class HttpSession:
    """Runs the cases of one suite."""

    settings: HttpConfig
    context: Context
    attempts: Attempts
    _client: Client | None = None
    _own: Mapping[str, str] = field(default_factory=dict)
    _setup: Setup[_State] = field(default_factory=Setup)

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """Make the case's calls once, with fresh cookies."""
        evidence = self.attempts.begin(self.context.artifacts, case.id)
        if self._client is None:
            trouble = self._start()
            if trouble is not None:
                return Outcome(status=Status.ERROR, fault=trouble)
        venue = _Venue(self.settings, self.context, cast("Client", self._client), self._own, deadline)
        return play_attempt(case, venue, self._setup, evidence)

    def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _start(self) -> Fault | None:
        """Read the suite's settings, whose values may be secrets; what is wrong with them."""
        try:
            scope = Scope(self.context)
            settings = scope.resolve(_Late(self.settings.headers, self.settings.auth, self.settings.verify), {})
            verify = settings.verify
            is_file = isinstance(verify, str) and verify.lower() not in ("true", "false", "yes", "no", "on", "off", "1", "0")
            own = {name.lower(): as_text(value) for name, value in settings.headers.items()}
            if settings.auth is not None:
                own.setdefault("authorization", basic_auth(*map(as_text, settings.auth)))
            self._own = own
            self._client = Client(str(below_root(self.context.root, str(verify))) if is_file else truth(verify))
        except MaestroError as exc:
            return Fault(type=type(exc).__name__, message=self.context.redact(f"http: {exc}"))
        return None


@dataclass(frozen=True, slots=True)
class _Venue:
    """The worker's connections, with cookies of its own for each scene."""

    settings: HttpConfig
    context: Context
    client: Client
    own: Mapping[str, str]
    deadline: Deadline
    watch: _Watch = field(default_factory=_Watch)

    def open(self, first: PlannedStep, state: _State | None, evidence: Evidence) -> Scene:
        """A scene without a page."""
        start = state or _State()
        engine = HttpEngine(self.client, self.own, self.context.base_url, _copied(start.cookies))
        return Scene(
            # The steps that need the rest of the port are refused when the config is loaded.
            engine=cast("Any", engine),
            page=Surface(engine, self.context.base_url),
            settings=BrowserConfig.model_construct(within=self.settings.within),
            surroundings=self.context,
            scope=Scope(self.context, saved=copy.deepcopy(dict(start.saved))),
            evidence=evidence,
            deadline=self.deadline,
            watch=self.watch,
            dialogs=Dialogs(),
            planned=first,
        )

    def perform(self, scene: Scene, steps: tuple[PlannedStep, ...]) -> Outcome:
        """Make the calls."""
        played = play(scene, steps)
        if played.status is not Status.PASSED:
            self.keep(scene, played)
        return outcome_of(scene, played, {})

    def collect(self, scene: Scene) -> _State:
        """Cookies and saved values."""
        return _State(cast("HttpEngine", scene.engine).cookies, scene.scope.saved)

    def keep(self, scene: Scene, played: Played) -> None:
        """Keep the calls with their answers."""
        keep_exchanges(scene)

    def close(self, scene: Scene) -> None:
        """Nothing belongs to a scene alone: connections are kept."""

    def refuse(self, exc: Exception) -> Outcome:
        """An error."""
        return Outcome(status=Status.ERROR, fault=start_fault(exc, self.context, self.deadline, self.watch))


@dataclass(frozen=True)
class _Late:
    """The settings that may hold ``${…}``."""

    headers: dict[str, str]
    auth: tuple[str, str] | None
    verify: bool | str


def _copied(cookies: CookieJar) -> CookieJar:
    """A jar of its own; the jar itself holds a lock, which cannot be copied."""
    jar = CookieJar()
    for cookie in cookies:
        jar.set_cookie(copy.copy(cookie))
    return jar
