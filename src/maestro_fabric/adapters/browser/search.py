"""What is asked of a page to know an element again, and to look for it when its locator is lost: for steps and for Python tests."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from maestro_fabric import __version__
from maestro_fabric.adapters.browser.engine import Element
from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.adapters.browser.looks import CROP, Looks
from maestro_fabric.adapters.browser.scripts import fingerprint_script
from maestro_fabric.model import Artifact, CaseId, Heal, Learnt, Location
from maestro_fabric.ports import HealAnswer, Healer, HealRequest

__all__ = ["PICTURE_MS", "Answer", "Mending", "Search", "Way", "as_compact_json", "is_to_be_learnt", "learn", "look_again"]

Found = TypeVar("Found")

_STABLE_WITHIN_S = 2.0
PICTURE_MS = 1500.0
_STATE = "() => `${document.readyState} ${document.querySelectorAll('*').length} ${location.href}`"


@dataclass(slots=True)
class Mending:
    """What was learnt of the elements of a case, and what the healer answered; ``of`` stands before the numbers of a set-up's steps.

    Where ``looks`` are given, elements are pictured, too.
    """

    heals: list[Heal] = field(default_factory=list)
    learnt: dict[tuple[str, str], Learnt] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    of: str = ""
    looks: Looks | None = None


@dataclass(frozen=True, slots=True)
class Way(Generic[Found]):
    """A new locator: what the caller goes on with, the element that it leads to, and how it is kept, in JSON."""

    found: Found
    element: Element
    locator: str


@dataclass(frozen=True, slots=True)
class Answer(Generic[Found]):
    """What became of a lost element.

    Attributes:
        heal: What the healer said; ``None`` when the old locator leads to the element again, or nobody could look.
        way: How to go on; ``None`` when one must not, or with the old locator.
        trouble: Why nobody could look; empty when the healer was asked, or need not be.
    """

    heal: Heal | None = None
    way: Way[Found] | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Generic[Found]):
    """An element that is to be acted on, as far as knowing it again needs.

    Attributes:
        case: Whose it is.
        step: The step's number.
        doing: What is done with it, e.g. ``click``.
        locator: Its locator, in JSON.
        element: What the locator leads to.
        page: The page, with ``url`` and ``evaluate``.
        errors: What the browser driver's calls raise.
        poll: Asks until the answer is yes or so many seconds are over; whether it was yes.
        redact: Replaces secrets.
        test_id_attribute: The attribute with test ids.
        ways: Makes ways of the keys of a locator in the file, for a candidate; those that the driver cannot go are left out.
        evidence: Where a picture is kept.
        ask: What a function of its argument gives in the page; by default the page's own ``evaluate``.
        picture: A picture of what is seen, as JPEG; ``None`` where none may be taken.
        find_and_learn: What `scripts.learn_found_script` gives of the element, in JSON; ``None`` where only the driver can find it.
        location: Where the locator is written.
        must_not_heal: Why one may not go on with another element; empty when one may.
        may_destroy: Whether even what looks destructive may be acted on.
    """

    case: CaseId
    step: str
    doing: str
    locator: str
    element: Element
    page: Any
    errors: tuple[type[Exception], ...]
    poll: Callable[[Callable[[], bool], float], bool]
    redact: Callable[[str], str]
    test_id_attribute: str
    ways: Callable[[Mapping[str, Any], Mapping[str, Any]], Iterable[Way[Found]]]
    evidence: Evidence
    ask: Callable[[str, Any], Any] | None = None
    picture: Callable[[], bytes] | None = None
    find_and_learn: Callable[[Mapping[str, Any]], str] | None = None
    location: Location | None = None
    must_not_heal: str = ""
    may_destroy: bool = False


def is_to_be_learnt(healer: Healer, mending: Mending, case: CaseId, step: str, locator: str) -> bool:
    """Whether an element is not known yet, or not known well any more."""
    return (step, locator) not in mending.learnt and healer.wants(case, step, locator)


def learn(search: Search[Found], mending: Mending, comes_within_s: float) -> None:
    """Tell what an element is like before it is acted on, waiting a moment for one that is not there yet."""
    key = (search.step, search.locator)
    # What goes wrong here goes wrong again when the element is acted on, and is told then.
    with contextlib.suppress(*search.errors):
        asked = {"testIdAttribute": search.test_id_attribute, "known": list(mending.others)}
        told = _found_in_page(search, asked) or _told(search, asked)
        if told is None and search.poll(lambda: search.element.count() > 0, comes_within_s):
            told = _told(search, asked)
        if told is not None:
            others = mending.others.setdefault(told["page"], search.redact(as_compact_json(told.get("others", []))))
            said = search.redact(as_compact_json(told["element"]))
            mending.learnt[key] = Learnt(step=key[0], locator=key[1], element=said, others=others)
            if mending.looks is not None:
                mending.looks.note(search.case, search.locator, told, search.picture)


def look_again(search: Search[Found], healer: Healer, mending: Mending) -> Answer[Found] | None:
    """What becomes of a lost element, when the page has stopped changing; ``None`` when nobody knows it."""
    old = healer.knows(search.case, search.step, search.locator)
    if old is None:
        return None
    try:
        _wait_until_stable(search)
        if search.element.count() == 1:
            return Answer()
        request = HealRequest(
            case=search.case,
            step=search.step,
            doing=search.doing,
            locator=search.locator,
            old=old,
            candidates=json.loads(_ask(search, fingerprint_script("collect"), search.test_id_attribute)),
            url=search.page.url,
            must_not_heal=search.must_not_heal,
            may_destroy=search.may_destroy,
        )
        return _follow(search, healer, mending, request)
    except search.errors as exc:
        # How the element was lost is what to tell, but nobody must believe that it was looked for.
        return Answer(trouble=search.redact(f"the page could not be looked at: {str(exc).partition(chr(10))[0]}"))


def as_compact_json(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """As it is kept."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _found_in_page(search: Search[Found], asked: Mapping[str, Any]) -> Any:
    """What the script in the page tells of the element that it finds by itself; ``None`` when it does not find it."""
    if search.find_and_learn is None:
        return None
    # It does not know what only a driver's own locators can say, e.g. `button:has-text("Buy")`.
    with contextlib.suppress(*search.errors):
        return json.loads(search.find_and_learn(asked))
    return None


def _told(search: Search[Found], asked: Mapping[str, Any]) -> Any:
    return json.loads(search.element.evaluate_all(fingerprint_script("learn"), asked))


def _ask(search: Search[Found], script: str, arg: Any) -> Any:
    return search.page.evaluate(script, arg) if search.ask is None else search.ask(script, arg)


def _follow(search: Search[Found], healer: Healer, mending: Mending, request: HealRequest) -> Answer[Found]:
    """Do what the healer says, and keep what it said."""
    answer = healer.answer(request)
    decision = answer.decision
    candidate = None if decision.index is None else request.candidates[decision.index]
    way = None if candidate is None else _way_to(search, answer, candidate)
    action, reason = decision.action, decision.reason
    if way is not None and healer.is_rejected(request.case, request.locator, way.locator):
        action, reason, way = "abstain", "a person has rejected the element that is most like it", None
    elif action != "abstain" and way is None:
        action, reason = "abstain", f"no locator leads to the element that was found, and to nothing else ({reason})"
    elif action == "heal" and not healer.take_one():
        action, reason = "propose", f"the run's budget of heals is used up ({reason})"
    heal = Heal(
        action=action,
        step=request.step,
        doing=request.doing,
        old=request.locator,
        new="" if way is None else way.locator,
        confidence=round(decision.confidence, 4),
        reason=search.redact(reason),
        runner_up=search.redact(answer.runner_up),
        margin=round(answer.margin, 4),
        features=as_compact_json({name: round(value, 3) for name, value in answer.features.items()}),
        location=search.location,
        artifacts=() if way is None else tuple(_pictures(search, way.element, mending)),
        engine=__version__,
    )
    mending.heals.append(heal)
    return Answer(heal, way if action == "heal" else None)


def _way_to(search: Search[Found], answer: HealAnswer, candidate: Mapping[str, Any]) -> Way[Found] | None:
    """The first of the proposed locators that finds exactly the chosen element."""
    wanted = [candidate.get(part, "") for part in ("xpath", "frame", "shadow")]
    for locator in answer.locators:
        # A locator that this driver cannot read is no locator.
        with contextlib.suppress(*search.errors):
            for way in search.ways(locator, candidate):
                place = json.loads(way.element.evaluate_all(fingerprint_script("placeOf"), search.test_id_attribute))
                if place is not None and [place[part] for part in ("xpath", "frame", "shadow")] == wanted:
                    return way
    return None


def _wait_until_stable(search: Search[Found]) -> None:
    seen: list[str] = []

    def is_still() -> bool:
        seen.append(str(_ask(search, _STATE, None)))
        return len(seen) > 2 and len(set(seen[-3:])) == 1 and seen[-1].startswith("complete")

    search.poll(is_still, _STABLE_WITHIN_S)


def _pictures(search: Search[Found], element: Element, mending: Mending) -> Iterator[Artifact]:
    """How the element looked, and how the one looks that was found, as far as there are pictures."""
    name = f"heal-{len(mending.heals) + 1}"
    # Evidence is a gift: a page that does not give a picture can be healed all the same.
    with contextlib.suppress(*search.errors, OSError):
        before = None if mending.looks is None else mending.looks.find(search.case, search.locator)
        if before is not None:
            yield _keep(search, f"{name}-before.jpg", base64.b64decode(_ask(search, CROP, list(before))))
    with contextlib.suppress(*search.errors, OSError):
        now = _look_now(search, element)
        if now is None:
            path = search.evidence.keep("heal", f"{name}-found.png")
            element.screenshot(path=path, timeout=PICTURE_MS)
            yield search.evidence.kept[-1]
        else:
            yield _keep(search, f"{name}-found.jpg", base64.b64decode(_ask(search, CROP, now)))


def _look_now(search: Search[Found], element: Element) -> list[Any] | None:
    """What `CROP` takes of how an element looks; ``None`` where only the element itself can be pictured."""
    if search.picture is None:
        return None
    element.scroll_into_view_if_needed(timeout=PICTURE_MS)
    place = json.loads(element.evaluate_all(fingerprint_script("placeOf"), search.test_id_attribute))
    if not place or not place["view"]:
        return None
    (x, y, *size), (left, top, wide, _) = place["box"], place["view"]
    return [base64.b64encode(search.picture()).decode(), wide, [x - left, y - top, *size]]


def _keep(search: Search[Found], name: str, picture: bytes) -> Artifact:
    search.evidence.keep("heal", name).write_bytes(picture)
    return search.evidence.kept[-1]
