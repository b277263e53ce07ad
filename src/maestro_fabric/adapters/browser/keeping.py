"""Keeps what helps to understand a case that did not pass."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from maestro_fabric.adapters.browser.calls import show_exchange
from maestro_fabric.adapters.browser.play import Played
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.model import Status

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["keep_evidence", "keep_exchanges", "wants_trace"]

# All of the evidence together; a page that hangs gives none.
_LIMIT_S = 4.0
_SCREENSHOT_MS = 1500.0


def wants_trace(settings: BrowserConfig, attempt: int) -> bool:
    """Whether this attempt is recorded: always for ``failure``, a further try for ``retry``."""
    return settings.trace == "failure" or (settings.trace == "retry" and attempt > 1)


def keep_evidence(scene: Scene, played: Played, *, is_traced: bool) -> None:
    """Keep screenshot, HTML, console and trace of a case that did not pass; of a further try that passed, the trace."""
    if scene.watch.interrupted:
        _keep_console(scene)
        return
    scene.watch.stop_at = time.monotonic() + _LIMIT_S
    has_failed = played.status is not Status.PASSED
    if has_failed:
        # A page that does not even give a picture would not give its HTML either.
        if scene.settings.screenshot == "off" or _keep_screenshot(scene):
            _keep_html(scene)
        _keep_console(scene)
        keep_exchanges(scene)
    if is_traced and (has_failed or scene.settings.trace == "retry"):
        _keep_trace(scene)


def keep_exchanges(scene: Scene) -> None:
    """Keep the latest calls over HTTP with their answers, if there are any."""
    if scene.exchanges:
        with _given_up(scene):
            text = "\n\n────\n\n".join(map(show_exchange, scene.exchanges))
            scene.evidence.keep_text("requests", "requests.http", scene.surroundings.redact(text))


def _keep_screenshot(scene: Scene) -> bool:
    with _given_up(scene):
        picture = scene.page.screenshot(timeout=_SCREENSHOT_MS)
        scene.evidence.keep("screenshot", "failure.png").write_bytes(picture)
        return True
    return False


def _keep_html(scene: Scene) -> None:
    with _given_up(scene):
        html = scene.page.content()
        scene.evidence.keep_text("html", "page.html", scene.surroundings.redact(html))


def _keep_console(scene: Scene) -> None:
    if scene.console:
        with _given_up(scene):
            scene.evidence.keep_text("console", "console.txt", scene.surroundings.redact("\n".join(scene.console)))


def _keep_trace(scene: Scene) -> None:
    # A trace holds every value that was typed. It is kept after a secret only when the file itself asks for traces.
    if scene.scope.used_secret and "trace" not in scene.settings.model_fields_set:
        scene.log("no trace is kept, since the case used a secret; say browser.trace to keep it all the same")
        return
    with _given_up(scene):
        scene.engine.keep_trace(scene.evidence.keep("trace", "trace.zip"))


def _given_up(scene: Scene) -> contextlib.AbstractContextManager[object]:
    """Leaves out evidence that cannot be had: the browser hangs or has gone, or the disk is full."""
    # Evidence is a gift: what goes wrong while taking it must not replace why the case failed.
    return contextlib.suppress(*scene.engine.faults.errors, OSError)
