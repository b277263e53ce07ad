"""The new release seen through the labels: the cases for the matchers, each also with traps, and whether a heal was right."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from journeys import Journey, Step, Trap, element_of, play
from playwright.sync_api import Browser, Error, Locator, Page

from maestro_fabric.adapters.browser.scripts import IS_VISIBLE, names_script
from maestro_fabric.healing import Fingerprint

__all__ = ["KINDS", "Lost", "Seen", "Told", "judge_trapped", "lost_elements", "walk_through"]

KINDS = ("as it is", "removed", "swapped", "twin", "text", "frame", "dialog")
_TEST_ID = "data-testid"
_STAYS_MS = 8000
_TRAPS = (Path(__file__).parent / "traps.js").read_text(encoding="utf-8")
_SCRIPT = IS_VISIBLE + names_script() + (resources.files("maestro_fabric.adapters.browser") / "fingerprints.js").read_text("utf-8") + _TRAPS
# The element may be a part of what stands in its place, and the other way round: an overlapping parent and child count as one.
_COLLECT = f"""(element, [kind, words]) => {{{_SCRIPT}
  const itself = describer({json.dumps(_TEST_ID)})(element);
  const undo = kind === 'as it is' ? () => {{}} : TRAPS[kind](element, {{words}});
  if (!undo) return null;
  try {{
    // Another one, since it remembers paths.
    const describe = describer({json.dumps(_TEST_ID)});
    const near = kind === 'removed' ? [] : [element, element.parentElement, ...element.children].filter(Boolean);
    const places = near.map((one) => describe(one, [0, 0], true)).map(({{xpath, frame = '', shadow = ''}}) => [xpath, frame, shadow]);
    return JSON.stringify({{itself, places, candidates: collect({json.dumps(_TEST_ID)})}});
  }} finally {{ undo(); }}
}}"""
_COLLECT_ALL = f"() => {{{_SCRIPT}\nreturn JSON.stringify({{itself: null, places: [], candidates: collect({json.dumps(_TEST_ID)})}}); }}"
_IS_SAME = "(one, other) => one === other || one.parentElement === other || other.parentElement === one"
_IS_MARKED = (
    "(one) => !!(one.__maestroLabel || one.parentElement?.__maestroLabel || [...one.children].some((child) => child.__maestroLabel))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An element as it was learnt on the old release, and the elements of its page on the new one.

    Attributes:
        case: Whose step it is.
        step: The step's number.
        kind: What was done to the new page: one of `KINDS`.
        is_lost: Whether the old locator does not lead to it any more.
        old: As it was.
        others: The others of its old page.
        page: All elements of the new page.
        right: Places in ``page`` that are right, the element itself first; none when it was removed.
        itself: The element on the new page before anything was done to it; none when a person says that it is gone.
        itself: The element on the new page before anything was done to it; none when a person says that it is gone.
    """

    case: str
    step: str
    kind: str
    is_lost: bool
    old: Fingerprint
    others: Sequence[Fingerprint]
    page: Sequence[Fingerprint]
    right: Sequence[int]
    itself: Fingerprint | None = None

    def is_twin(self, place: int) -> bool:
        """Whether an element does what a removed one did: same tag, text and link target."""
        one, other = self.itself, self.page[place]
        if one is None or not one.href or not one.text:
            return False
        return (one.tag, one.text.strip(), one.href) == (other.tag, other.text.strip(), other.href)


@dataclass(frozen=True, slots=True)
class Told:
    """What the store has of an element: its fields and those of the others of its page."""

    element: Mapping[str, Any]
    others: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A step on the new release.

    Attributes:
        case: Its case.
        step: Its number.
        finds: How many elements the old locator finds.
        is_same: Whether that is one, and the right one.
        is_removed: Whether a person says that its element is gone.
        verdicts: For each healed locator, as JSON, whether it leads to the right element.
    """

    case: str
    step: str
    finds: int
    is_same: bool
    is_removed: bool
    verdicts: Mapping[str, bool]


def walk_through(browser: Browser, url: str, journeys: Sequence[Journey], healed: Mapping[tuple[str, str], set[str]]) -> list[Seen]:
    """Each step of the journeys on the new release, and whether the heals of the real tool led to the right element."""
    return [
        _seen(page, journey, step, element, healed.get((journey.name, step.number), set()))
        for page, journey, step, element in _played(browser, url, journeys, set())
    ]


def lost_elements(browser: Browser, url: str, journeys: Sequence[Journey], known: Mapping[tuple[str, str], Told]) -> Iterator[Lost]:
    """The cases for the matchers: each element that was learnt, on the new page as it is and with each trap."""
    done: set[str] = set()
    for journey in journeys:
        try:
            for page, _, step, element in _played(browser, url, [journey], done):
                told = known.get(("" if step.number.startswith("setup") else journey.name, step.number))
                if told is not None:
                    yield from _cases(page, journey, step, element, told)
        except Error as exc:
            # A page that is made anew all the time does not always survive what was done to it.
            print(f"  {journey.name}: left off, {exc.message.splitlines()[0]}", file=sys.stderr)


def _cases(page: Page, journey: Journey, step: Step, element: Locator | None, told: Told) -> Iterator[Lost]:
    seen = _seen(page, journey, step, element, set())
    old = Fingerprint.from_mapping(told.element)
    others = [Fingerprint.from_mapping(each) for each in told.others]
    words = step.label.words if step.label is not None else ""
    for kind in KINDS if element is not None else KINDS[:1]:
        answer = page.evaluate(_COLLECT_ALL) if element is None else element.evaluate(_COLLECT, [kind, words], timeout=_STAYS_MS)
        if answer is None:
            continue
        found = json.loads(answer)
        places = {(one["xpath"], one.get("frame", ""), one.get("shadow", "")): at for at, one in enumerate(found["candidates"])}
        yield Lost(
            case=journey.name,
            step=step.number,
            kind="removed" if element is None else kind,
            is_lost=not seen.is_same,
            old=old,
            others=[one for one in others if (one.frame, one.shadow, one.xpath) != (old.frame, old.shadow, old.xpath)],
            page=[Fingerprint.from_mapping(each) for each in found["candidates"]],
            itself=None if found["itself"] is None else Fingerprint.from_mapping(found["itself"]),
            right=[places[tuple(place)] for place in found["places"] if tuple(place) in places],
        )


def judge_trapped(browser: Browser, url: str, journey: Journey, trap: Trap, locator: str) -> bool:
    """Whether a heal on a trapped release leads to the element that carries the label."""
    with _page(browser) as page, contextlib.closing(play(page, url, _without(journey, trap))) as steps:
        for _ in steps:
            pass
        page.wait_for_function("() => !!document.body")
        found = element_of(page, json.loads(locator))
        found.first.wait_for(state="attached", timeout=8000)
        return found.count() == 1 and bool(found.evaluate(_IS_MARKED))


def _without(journey: Journey, trap: Trap) -> Journey:
    """The journey up to the step that is trapped."""
    at = next(place for place, step in enumerate(journey.steps) if step.number == trap.step)
    return Journey(suite=journey.suite, name=journey.name, steps=journey.steps[:at])


def _played(
    browser: Browser, url: str, journeys: Sequence[Journey], done: set[str]
) -> Iterator[tuple[Page, Journey, Step, Locator | None]]:
    """The steps that act; those before a suite's cases, which are the same for all, once for each set ``done``."""
    for journey in journeys:
        with _page(browser) as page:
            for step, element in play(page, url, journey):
                if step.number.startswith("setup") and step.number in done:
                    continue
                if step.number.startswith("setup"):
                    done.add(step.number)
                yield page, journey, step, element


@contextlib.contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    try:
        yield context.new_page()
    finally:
        context.close()


def _seen(page: Page, journey: Journey, step: Step, element: Locator | None, healed: set[str]) -> Seen:
    old = element_of(page, step.locator)
    finds = old.count()
    return Seen(
        case=journey.name,
        step=step.number,
        finds=finds,
        is_same=element is not None and finds == 1 and _is_same(old, element),
        is_removed=element is None,
        verdicts={locator: element is not None and _leads_to(page, locator, element) for locator in healed},
    )


def _leads_to(page: Page, locator: str, element: Locator) -> bool:
    found = element_of(page, json.loads(locator))
    return found.count() == 1 and _is_same(found, element)


def _is_same(one: Locator, other: Locator) -> bool:
    try:
        return bool(one.evaluate(_IS_SAME, other.element_handle()))
    except Error:
        # Elements of two documents cannot be handed to one of them, and are not the same.
        return False
