"""Journeys as the file has them, each step with the label that a person gave it; and a plain player that goes where the labels say."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Error, Locator, Page

__all__ = ["Journey", "Label", "Step", "Trap", "element_of", "play", "read_journeys", "read_traps"]

_ACTING = ("click", "double_click", "hover", "fill", "type", "press", "clear", "select", "check", "uncheck")
_WHERE = ("css", "xpath", "role", "name", "label", "text", "placeholder", "test_id", "exact", "nth", "frame")
_CALL = ("post", "form")
_COMES_WITHIN_MS = 8000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a step's element is on the new release.

    Attributes:
        where: Playwright's selector of it there; empty when it was removed.
        words: Other words for it, that mean the same; empty where a change of words makes no sense.
        then: Steps of the new release that lead to it, as selectors to click before, such as a menu that is closed now.
    """

    where: str
    words: str = ""
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: its number as the history has it, what it does, to which element, with which value."""

    number: str
    action: str
    locator: Mapping[str, Any]
    value: str = ""
    label: Label | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A case with the steps that stand before it."""

    suite: str
    name: str
    steps: tuple[Step, ...]

    @property
    def must_fail(self) -> bool:
        """Whether something that it needs was removed."""
        return any(step.label is not None and not step.label.where for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """What is done to the new release under a journey's step, besides being redesigned."""

    kind: str
    case: str
    step: str
    css: str
    other: str = ""
    words: str = ""

    def told(self) -> Mapping[str, str]:
        """What the script in the page is told."""
        return {"kind": self.kind, "css": self.css, "other": self.other, "words": self.words}


def read_journeys(folder: Path) -> list[Journey]:
    """The journeys of a pair with their labels.

    Raises:
        SystemExit: when a step that acts has no label.
    """
    file = yaml.safe_load((folder / "qa.yaml").read_text(encoding="utf-8"))
    labels = yaml.safe_load((folder / "labels.yaml").read_text(encoding="utf-8"))["labels"]
    journeys = []
    for suite in file["suites"]:
        before = list(_steps(suite.get("setup", []), labels.get("setup", {}), "setup ", folder))
        for case in suite["cases"]:
            own = _steps(case["steps"], labels.get(case["name"], {}), "", folder)
            journeys.append(Journey(suite=suite["name"], name=case["name"], steps=(*before, *own)))
    return journeys


def read_traps(folder: Path) -> list[Trap]:
    """The traps of a pair."""
    given = yaml.safe_load((folder / "labels.yaml").read_text(encoding="utf-8"))
    return [Trap(**{key: str(value) for key, value in one.items()}) for one in given["traps"]]


def _steps(given: list[Any], labels: Mapping[Any, Any], prefix: str, folder: Path) -> Iterator[Step]:
    for number, one in enumerate(given, 1):
        ((action, target),) = one.items()
        locator = {"css": target} if isinstance(target, str) else {key: target[key] for key in (*_WHERE, *_CALL) if key in target}
        value = "" if isinstance(target, str) else str(target.get("value", target.get("option", target.get("key", ""))))
        label = labels.get(number)
        if action in _ACTING and label is None:
            raise SystemExit(f"{folder.name}: step {prefix}{number} has no label: {one}")
        made = _label(label) if action in _ACTING else None
        yield Step(number=f"{prefix}{number}", action=action, locator=locator, value=target if action == "open" else value, label=made)


def _label(given: Any) -> Label:
    if given == "removed":
        return Label(where="")
    if isinstance(given, str):
        return Label(where=given)
    return Label(where=given["is"], words=given.get("words", ""), then=tuple(given.get("then", ())))


def play(page: Page, url: str, journey: Journey) -> Generator[tuple[Step, Locator | None], None, None]:
    """Play a journey on the new release where its labels say; gives each step that acts, with its element, before it is acted on.

    Ends after a step whose element was removed: nobody knows how to go on.
    """
    for step in journey.steps:
        if step.action == "open":
            page.goto(url + step.value)
        if step.action == "request":
            page.request.post(url + step.locator["post"], form=dict(step.locator["form"]))
        if step.label is None:
            continue
        if not step.label.where:
            page.wait_for_load_state("networkidle")
            yield step, None
            return
        for before in step.label.then:
            page.locator(before).click()
        element = page.locator(step.label.where)
        _await(page, element)
        page.wait_for_load_state("networkidle")
        yield step, element
        try:
            _act(element, step)
        except Error:
            # A page that the program makes anew at just this moment takes its elements away.
            page.reload()
            element.wait_for(timeout=_COMES_WITHIN_MS, state="attached")
            _act(element, step)


def _await(page: Page, element: Locator) -> None:
    try:
        element.wait_for(timeout=_COMES_WITHIN_MS, state="attached")
    except Error:
        # A page that was made before the program had done what it was asked for does not always find that out.
        page.reload()
        element.wait_for(timeout=_COMES_WITHIN_MS, state="attached")


def _act(element: Locator, step: Step) -> None:
    match step.action:
        case "fill":
            element.fill(step.value, timeout=_COMES_WITHIN_MS)
        case "type":
            element.press_sequentially(step.value, timeout=_COMES_WITHIN_MS)
        case "press":
            element.press(step.value, timeout=_COMES_WITHIN_MS)
        case "select":
            element.select_option(label=step.value, timeout=_COMES_WITHIN_MS)
        case "double_click":
            element.dblclick(timeout=_COMES_WITHIN_MS)
        case _:
            getattr(element, step.action)(timeout=_COMES_WITHIN_MS)


def element_of(page: Page, locator: Mapping[str, Any]) -> Locator:
    """A locator of the file as one of Playwright's."""
    root: Any = page
    frames = locator.get("frame", [])
    for frame in [frames] if isinstance(frames, str) else frames:
        root = root.frame_locator(frame)
    exact = bool(locator.get("exact"))
    if "role" in locator:
        found = root.get_by_role(locator["role"], name=locator.get("name"), exact=exact)
    elif "css" in locator or "xpath" in locator:
        found = root.locator(f"css={locator['css']}" if "css" in locator else f"xpath={locator['xpath']}")
    elif "test_id" in locator:
        found = root.get_by_test_id(locator["test_id"])
    else:
        key = next(key for key in ("label", "text", "placeholder") if key in locator)
        found = getattr(root, f"get_by_{key}")(locator[key], exact=exact)
    nth = locator.get("nth")
    element: Locator = found if nth is None else found.nth(nth - 1 if nth > 0 else nth)
    return element
