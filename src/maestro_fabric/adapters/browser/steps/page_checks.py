"""Checks of a whole page: accessibility, and how it looks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.a11y import HAS_AXE, RUN_AXE, axe_script, options_of, read_violations, show_violations
from maestro_fabric.adapters.browser.locate import act_on, locate
from maestro_fabric.adapters.browser.scope import as_bool
from maestro_fabric.adapters.browser.titles import has_target
from maestro_fabric.adapters.browser.visual import FREEZE, MASK, THAW, Comparison, compare, path_of
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.steps import CheckA11y, CheckVisual
from maestro_fabric.errors import ConfigError, ExpectationFailed, LocatorError, MaestroError

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["ACTIONS"]

_HOW_TO_STORE = "look at the picture that was taken, then run once with --update-visual (in pytest --maestro-update-visual)"
_PAUSE_MS = 100.0


def _check_a11y(step: CheckA11y, scene: Scene) -> None:
    if not all(scene.engine.ask_frames(scene.page, HAS_AXE, None)):
        scene.engine.ask_frames(scene.page, axe_script(), None)
    answer = scene.page.evaluate(RUN_AXE, options_of(step))
    _refuse(step, answer)
    for gone in answer["gone"]:
        scene.log(f"step {scene.planned.number}: the known violation {gone['rule']} {gone['css'] or ''} is gone: take it off the list")
    violations = read_violations(answer["violations"], step.impact)
    if not violations:
        return
    scene.evidence.keep_text("a11y", "a11y.json", scene.surroundings.redact(json.dumps(answer["violations"], indent=2)))
    _fail(scene, show_violations(violations, step.impact), soft=as_bool(step.soft))


def _refuse(step: CheckA11y, answer: Mapping[str, Any]) -> None:
    """Raise when there is no such rule, tag or part of the page."""
    if answer.get("missing"):
        raise LocatorError(f"no element matches {step.css}")
    for what, names, known in (("rule", "unknown", "rules"), ("tag", "unknownTags", "tags")):
        for name in answer.get(names, ()):
            hint = did_you_mean(name, answer[known]) or f"known: {', '.join(sorted(answer[known])[:12])}, …"
            raise ConfigError(f"axe-core has no {what} {name!r}: {hint}")


def _check_visual(step: CheckVisual, scene: Scene) -> None:
    surroundings = scene.surroundings
    stored = path_of(surroundings.root, scene.evidence.case, step.picture, scene.settings.engine)
    until = time.monotonic() + scene.limit_s(step.within)
    try:
        scene.engine.ask_frames(scene.page, FREEZE, None)
        for mask in step.mask:
            locate(scene, mask).evaluate_all(MASK)
        if surroundings.options.update_visual:
            _store(stored, _when_still(step, scene, until), scene)
            return
        if not stored.is_file():
            scene.evidence.keep("screenshot", f"{step.picture}.png").write_bytes(_when_still(step, scene, until))
            raise MaestroError(f"there is no stored picture {stored.relative_to(surroundings.root)}: {_HOW_TO_STORE}")
        seen, comparison = _until_alike(step, scene, stored.read_bytes(), until)
    finally:
        scene.engine.ask_frames(scene.page, THAW, None)
    if not comparison.is_within(step.tolerance):
        _keep_difference(step, scene, stored, seen, comparison)
        _fail(scene, _show(step, stored.relative_to(surroundings.root), comparison), soft=as_bool(step.soft))


def _until_alike(step: CheckVisual, scene: Scene, wanted: bytes, until: float) -> tuple[bytes, Comparison]:
    """The first picture that is like the stored one, or the last one in the time there is."""
    while True:
        seen = _take(step, scene)
        comparison = compare(wanted, seen, threshold=step.threshold)
        if comparison.is_within(step.tolerance) or time.monotonic() >= until:
            return seen, comparison
        scene.page.wait_for_timeout(_PAUSE_MS)


def _when_still(step: CheckVisual, scene: Scene, until: float) -> bytes:
    """A picture that was the same twice, or the last one in the time there is."""
    before = _take(step, scene)
    while True:
        scene.page.wait_for_timeout(_PAUSE_MS)
        picture = _take(step, scene)
        if compare(before, picture, threshold=step.threshold).is_within(step.tolerance) or time.monotonic() >= until:
            return picture
        before = picture


def _take(step: CheckVisual, scene: Scene) -> bytes:
    if not has_target(step):
        picture: bytes = scene.page.screenshot(full_page=as_bool(step.full_page), timeout=scene.limit_ms(step.within))
        return picture
    path = scene.evidence.scratch(f"{step.picture}.png")
    try:
        act_on(scene, step, lambda element, limit_ms: element.screenshot(path=path, timeout=limit_ms))
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


def _store(path: Path, picture: bytes, scene: Scene) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)
    scene.log(f"step {scene.planned.number}: stored {path.relative_to(scene.surroundings.root)}")


def _keep_difference(step: CheckVisual, scene: Scene, stored: Path, seen: bytes, comparison: Comparison) -> None:
    pictures = {"seen": seen, "expected": stored.read_bytes(), "difference": comparison.picture}
    for kind, picture in pictures.items():
        scene.evidence.keep(kind, f"{step.picture}-{kind}.png").write_bytes(picture)


def _show(step: CheckVisual, stored: Path, comparison: Comparison) -> str:
    if comparison.has_other_size:
        wanted, seen = ("x".join(map(str, size)) for size in (comparison.wanted_size, comparison.seen_size))
        text = f"expected: a picture of {wanted} pixels, like {stored}\nseen:     one of {seen} pixels"
    else:
        text = f"expected: a picture like {stored}" + (f", but for {step.tolerance:.2%} of its pixels" if step.tolerance else "")
        text += f"\nseen:     {comparison.different} of {comparison.pixels} pixels differ ({comparison.share:.2%})"
    return f"{text}\nthe difference is kept as {step.picture}-difference.png; if the page is right, {_HOW_TO_STORE}"


def _fail(scene: Scene, message: str, *, soft: bool) -> None:
    if not soft:
        raise ExpectationFailed(message)
    scene.soft_failures.append(message)


ACTIONS: Mapping[str, Callable[[Any, Scene], None]] = {"check_a11y": _check_a11y, "check_visual": _check_visual}
