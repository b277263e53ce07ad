"""A suite in one worker: the connections are kept, each case gets cookies of its own, and the set-up's to start from."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, cast

from maestro_fabric.adapters.browser.calls import basic_auth
from maestro_fabric.adapters.browser.dialogs import Dialogs
from maestro_fabric.adapters.browser.evidence import Evidence, below_root
from maestro_fabric.adapters.browser.keeping import keep_exchanges
from maestro_fabric.adapters.browser.play import Played, play
from maestro_fabric.adapters.browser.scene import Scene
from maestro_fabric.adapters.browser.scope import Scope, as_text
from maestro_fabric.adapters.http.client import Client
from maestro_fabric.adapters.http.engine import HttpEngine, Surface
from maestro_fabric.adapters.http.suite import HttpConfig
from maestro_fabric.config.journey import Journey, PlannedStep
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.config.templates import truth
from maestro_fabric.errors import MaestroError
from maestro_fabric.model import Artifact, Case, CaseId, Fault, Outcome, Status
from maestro_fabric.ports import Context, Deadline, Emit

__all__ = ["AttemptKey", "HttpSession"]

AttemptKey = tuple[Path, CaseId]

# A set-up that failed this often is not tried again: fifty cases would wait for it fifty times.
_MAX_SETUPS = 3


@dataclass(slots=True)
class _Watch:
    """Nobody watches: every call has its own limit."""

    stop_at: float = float("inf")
    interrupted: bool = False


@dataclass(slots=True)
class _Setup:
    """What the suite's set-up left, or how it failed."""

    cookies: CookieJar = field(default_factory=CookieJar)
    saved: Mapping[str, Any] = field(default_factory=dict)
    is_done: bool = False
    failures: int = 0
    fault: Fault | None = None
    artifacts: tuple[Artifact, ...] = ()


@dataclass(slots=True, eq=False)
class HttpSession:
    """Runs the cases of one suite."""

    settings: HttpConfig
    context: Context
    attempts: Counter[AttemptKey]
    _client: Client | None = None
    _own: Mapping[str, str] = field(default_factory=dict)
    _setup: _Setup = field(default_factory=_Setup)

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """Make the case's calls once, with fresh cookies."""
        journey = cast("Journey", case.body)
        key = (self.context.artifacts, case.id)
        self.attempts[key] += 1
        evidence = Evidence(self.context.artifacts, case.id, self.attempts[key])
        if self._client is None:
            trouble = self._start()
            if trouble is not None:
                return Outcome(status=Status.ERROR, fault=trouble)
        if journey.setup and not self._setup.is_done and self._setup.failures < _MAX_SETUPS:
            self._set_up(journey.setup, Evidence(self.context.artifacts, case.id, self.attempts[key]), deadline)
        if journey.setup and self._setup.fault is not None:
            return Outcome(status=Status.ERROR, fault=self._setup.fault, artifacts=self._setup.artifacts)
        scene = self._scene(journey.steps[0], evidence, deadline, self._setup if journey.setup else _Setup())
        played = self._play(scene, journey.steps)
        return Outcome(
            status=played.status,
            fault=played.fault,
            steps=tuple(played.steps),
            artifacts=evidence.written(),
            output=self.context.redact("\n".join(scene.output)),
        )

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

    def _play(self, scene: Scene, steps: tuple[PlannedStep, ...]) -> Played:
        played = play(scene, steps)
        if played.status is not Status.PASSED:
            keep_exchanges(scene)
        return played

    def _set_up(self, steps: tuple[PlannedStep, ...], evidence: Evidence, deadline: Deadline) -> None:
        """Play the suite's set-up, and keep the state it leaves or the fault it ends with."""
        setup = self._setup
        scene = self._scene(steps[0], evidence, deadline, _Setup())
        played = self._play(scene, steps)
        setup.fault, setup.artifacts = None, evidence.written()
        if played.status is Status.PASSED:
            setup.cookies, setup.saved, setup.is_done = cast("Any", scene.engine).cookies, scene.scope.saved, True
            return
        setup.failures += 1
        again = f"; it failed {_MAX_SETUPS} times and is not tried again" if setup.failures == _MAX_SETUPS else ""
        if played.fault is not None:
            setup.fault = replace(played.fault, message=f"the suite's set-up did not pass{again}\n{played.fault.message}")

    def _scene(self, first: PlannedStep, evidence: Evidence, deadline: Deadline, start: _Setup) -> Scene:
        engine = HttpEngine(cast("Client", self._client), self._own, self.context.base_url, _copied(start.cookies))
        return Scene(
            # The steps that need the rest of the port are refused when the config is loaded.
            engine=cast("Any", engine),
            page=Surface(engine, self.context.base_url),
            settings=BrowserConfig.model_construct(within=self.settings.within),
            surroundings=self.context,
            scope=Scope(self.context, saved=copy.deepcopy(dict(start.saved))),
            evidence=evidence,
            deadline=deadline,
            watch=_Watch(),
            dialogs=Dialogs(),
            planned=first,
        )


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
