"""Playwright's page for a test in Python, whose locators are found again when they are lost.

The objects here share the state of Playwright's own and are of their classes: whatever takes a page or a locator takes them.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from playwright.sync_api import FrameLocator, Locator, Page

from maestro_fabric.adapters.browser.python_calls import CaseHealing, Expression, as_python, python_locator, written_at
from maestro_fabric.adapters.browser.search import PICTURE_MS, Search, Way
from maestro_fabric.adapters.browser.titles import locator_key
from maestro_fabric.adapters.browser.waiting import poll
from maestro_fabric.adapters.playwright.engine import PlaywrightEngine
from maestro_fabric.adapters.playwright.faults import PlaywrightFaults
from maestro_fabric.adapters.playwright.python_code import code_of
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.config.steps import Target
from maestro_fabric.model import Location

__all__ = ["HealingFrameLocator", "HealingLocator", "HealingPage", "heal_page"]

Part = TypeVar("Part", Locator, FrameLocator, Page)

_BY = ("get_by_alt_text", "get_by_label", "get_by_placeholder", "get_by_role", "get_by_test_id", "get_by_text", "get_by_title")
_FINDS = ("locator", "frame_locator", *_BY)
_NARROWS = ("and_", "describe", "filter", "nth", "or_")
# Where a locator is a list, or only looks at elements, it is never healed: `all`, `count`, `text_content`, `is_visible`, `wait_for`, …
_ACTS = (
    *("check", "clear", "click", "dblclick", "fill", "focus", "hover", "press", "press_sequentially", "scroll_into_view_if_needed"),
    *("select_option", "select_text", "set_checked", "set_input_files", "tap", "type", "uncheck"),
)
# The same deeds as methods of the page, with a selector before the rest.
_PAGE_ACTS = tuple(name for name in _ACTS if name not in ("clear", "press_sequentially", "scroll_into_view_if_needed", "select_text"))
_TEST_ID = re.compile(r"testid=\[([\w:-]+)=")


def heal_page(page: Page, healing: CaseHealing) -> Page:
    """The page, whose lost locators are found again by their fingerprints.

    Args:
        page: Playwright's.
        healing: The test's.
    """
    if isinstance(page, HealingPage):
        return page
    whole = _Whole(page, healing, PlaywrightFaults(), _test_id_attribute(page))
    return _shared(HealingPage, page, _Origin(whole, "", None))


@dataclass(frozen=True, slots=True)
class _Whole:
    """What all locators of a page share: the page as Playwright made it, and the test's healing."""

    page: Page
    healing: CaseHealing
    faults: PlaywrightFaults
    test_id_attribute: str

    def locate(self, locator: Mapping[str, Any]) -> Locator:
        """The element of a locator by its keys in the file."""
        target = Target(**locator)
        return cast("Locator", self._engine.locate(self.page, target, locator_key(target) or "css"))

    def picture(self) -> bytes:
        """A small picture of what is seen."""
        return self._engine.picture(self.page, PICTURE_MS)

    @property
    def _engine(self) -> PlaywrightEngine:
        return PlaywrightEngine(self.page.context, BrowserConfig(test_id_attribute=self.test_id_attribute), self.faults)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where an object comes from: its page, the code that made it from the page, and where that was written."""

    whole: _Whole
    code: str
    location: Location | None

    def child(self, made: Any, name: str, args: Sequence[Any] | None = None, kwargs: Mapping[str, Any] = {}) -> Any:
        """What a call or (without ``args``) a property of this has made."""
        kind = _WRAPPED.get(type(made))
        if kind is None:
            return made
        healing = self.whole.healing
        location = written_at(sys._getframe(2), healing.root)
        code = name if args is None else as_python(name, *_with_code(args, kwargs))
        return _shared(kind, made, _Origin(self.whole, f"{self.code}.{code}" if self.code else code, location))

    def act(self, name: str, locator: Locator, act: Callable[[Locator | None], Any]) -> Any:
        """Act on the element of a locator."""
        __tracebackhide__ = True
        whole, healing = self.whole, self.whole.healing
        if healing.is_over or self.location is None:
            return act(None)
        old = healing.redact(python_locator(self.code))
        search: Search[Locator] = Search(
            case=healing.case,
            step=healing.step_of(old, self.location),
            doing=name,
            locator=old,
            element=cast("Any", locator),
            page=whole.page,
            errors=whole.faults.errors,
            poll=functools.partial(poll, whole.page),
            redact=healing.redact,
            test_id_attribute=whole.test_id_attribute,
            ways=self._ways,
            evidence=healing.evidence,
            picture=whole.picture,
            location=self.location,
        )
        return healing.act(search, act, self._is_lost)

    def _ways(self, locator: Mapping[str, Any], _candidate: Mapping[str, Any]) -> Iterator[Way[Locator]]:
        found = self.whole.locate(locator)
        yield Way(found, cast("Any", found), self.whole.healing.redact(python_locator(code_of(locator))))

    def _is_lost(self, error: Exception) -> bool:
        faults = self.whole.faults
        return faults.is_ambiguous(error) or (isinstance(error, faults.timeouts) and faults.reason_not_ready(error) is None)


def _with_code(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    return [_written(value) for value in args], {key: _written(value) for key, value in kwargs.items()}


def _written(value: Any) -> Any:
    """A locator among the arguments, as its code."""
    if isinstance(value, Locator):
        return Expression(f"page.{value._maestro.code}" if isinstance(value, HealingLocator) else "…")
    return value


def _shared(kind: type[Part], made: Part, origin: _Origin) -> Part:
    """The same object, as far as Playwright sees, of a class of ours."""
    shared = object.__new__(kind)
    # A copy: Python 3.13.0 loses attributes of objects that share one dictionary.
    shared.__dict__.update(made.__dict__)
    cast("Any", shared)._maestro = origin
    return shared


def _test_id_attribute(page: Page) -> str:
    """The attribute of `get_by_test_id`, which is one for the whole process and has no getter."""
    found = _TEST_ID.search(repr(page.get_by_test_id("any")))
    return found[1] if found else "data-testid"


def _healing(*, finds: Sequence[str] = (), acts: Sequence[str] = (), gives: Sequence[str] = ()) -> Callable[[type[Part]], type[Part]]:
    """Has a class's methods and properties of these names give objects of ours, or act with a second chance."""

    def decorate(kind: type[Part]) -> type[Part]:
        for names, made in ((finds, _finding), (gives, _giving), (acts, _acting)):
            for name in names:
                if hasattr(kind, name):  # an older Playwright has not all of them
                    setattr(kind, name, made(getattr(kind, name), name))
        return kind

    return decorate


def _finding(plain: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(plain)
    def find(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self._maestro.child(plain(self, *args, **kwargs), name, args, kwargs)

    return find


def _giving(plain: Any, name: str) -> property:
    def give(self: Any) -> Any:
        return self._maestro.child(plain.fget(self), name)

    return property(give, doc=plain.__doc__)


def _acting(plain: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(plain)
    def act(self: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if kwargs.get("trial"):  # a check, and no act
            return plain(self, *args, **kwargs)
        own = _plain(self)  # Playwright names the class in its errors
        return self._maestro.act(name, own, lambda found: plain(own if found is None else found, *args, **kwargs))

    return act


def _acting_on_page(name: str) -> Callable[..., Any]:
    plain, of_locator = getattr(Page, name), getattr(Locator, name)

    @functools.wraps(plain)
    def act(self: HealingPage, selector: str, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        whole = self._maestro.whole
        if kwargs.get("trial"):
            return plain(whole.page, selector, *args, **kwargs)
        origin = _Origin(whole, as_python("locator", [selector]), written_at(sys._getframe(1), whole.healing.root))
        without_strict = {key: value for key, value in kwargs.items() if key != "strict"}

        def act_on(found: Locator | None) -> Any:
            return plain(whole.page, selector, *args, **kwargs) if found is None else of_locator(found, *args, **without_strict)

        # The page takes the first of many.
        return origin.act(name, whole.page.locator(selector).first, act_on)

    return act


def _plain(locator: Locator) -> Locator:
    """The locator as Playwright made it."""
    plain = object.__new__(Locator)
    plain.__dict__.update(locator.__dict__)
    return plain


@_healing(finds=_FINDS)
class HealingPage(Page):
    """A page whose locators are found again."""

    __slots__ = ("_maestro",)
    _maestro: _Origin


@_healing(finds=(*_FINDS, *_NARROWS), acts=_ACTS, gives=("first", "last", "content_frame"))
class HealingLocator(Locator):
    """A locator that acts on the element that was meant, also when it does not find it."""

    __slots__ = ("_maestro",)
    _maestro: _Origin

    @property
    def page(self) -> Page:
        """The page, healing."""
        whole = self._maestro.whole
        return heal_page(whole.page, whole.healing)


@_healing(finds=(*_FINDS, "nth"), gives=("first", "last", "owner"))
class HealingFrameLocator(FrameLocator):
    """A frame whose locators are found again."""

    __slots__ = ("_maestro",)
    _maestro: _Origin


for _name in _PAGE_ACTS:
    setattr(HealingPage, _name, _acting_on_page(_name))

_WRAPPED: Mapping[type, Any] = {Locator: HealingLocator, FrameLocator: HealingFrameLocator}
