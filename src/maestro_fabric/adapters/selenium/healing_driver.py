"""Selenium's driver for a test in Python, whose locators are found again when they are lost.

``find_element`` finds, and only then is something done with the element. So a locator that finds nothing is given a second chance
only where the same line acted on its element in a run that passed: not where it is read, counted, awaited, or expected to be gone.
The objects here share the state of Selenium's own and are of their classes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial, wraps
from pathlib import Path
from types import FrameType
from typing import Any, cast

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from maestro_fabric.adapters.browser.python_calls import CaseHealing, python_locator, written_at
from maestro_fabric.adapters.browser.search import Search, Way
from maestro_fabric.adapters.browser.waiting import poll
from maestro_fabric.adapters.selenium.faults import SeleniumFaults
from maestro_fabric.adapters.selenium.python_code import code_of, ways_of
from maestro_fabric.model import Location

__all__ = ["HealingElement", "heal_driver"]

Finds = Callable[[Any, "str | None"], WebElement]

_OURS = ("maestro_fabric", "pytest_maestro", "selenium")
# Helpers that only act: a wait until an element can be clicked may be all that a test wants of it.
_ACT_BY_ITSELF = ("selenium.webdriver.support.select", "selenium.webdriver.common.")
_TEST_ID_ATTRIBUTE = "data-testid"


def heal_driver(driver: WebDriver, healing: CaseHealing) -> WebDriver:
    """The driver, whose lost locators are found again by their fingerprints.

    Args:
        driver: Any of Selenium's.
        healing: The test's.
    """
    if isinstance(driver, _Healing):
        return driver
    kind = type(f"Healing{type(driver).__name__}", (_Healing, type(driver)), {"__slots__": ("_maestro",), "__module__": __name__})
    made: Any = object.__new__(kind)
    made.__dict__ = driver.__dict__
    made._maestro = _Whole(driver, healing)
    return cast("WebDriver", made)


@dataclass(frozen=True, slots=True)
class _Elements:
    """What a locator finds now, for the questions of a search."""

    driver: WebDriver
    find: Callable[[], list[WebElement]]

    def count(self) -> int:
        """Whether there is one: `find_element` takes the first of many."""
        return min(1, len(self.find()))

    def evaluate_all(self, script: str, arg: Any = None) -> Any:
        """What a function gives for all of them."""
        return self.driver.execute_script(f"return ({script})(arguments[0], arguments[1])", self.find(), arg)

    def scroll_into_view_if_needed(self, *, timeout: float) -> None:
        """Have the first on the screen."""
        self.evaluate_all("(elements) => elements[0].scrollIntoView({block: 'center'})")

    def screenshot(self, *, path: Path, timeout: float) -> bytes:
        """A picture of the first."""
        picture: bytes = self.find()[0].screenshot_as_png
        path.write_bytes(picture)
        return picture


@dataclass(frozen=True, slots=True)
class _Page:
    """The page that the driver shows."""

    driver: WebDriver

    @property
    def url(self) -> str:
        """The address."""
        return str(self.driver.current_url)

    def evaluate(self, script: str, arg: Any = None) -> Any:
        """What a function gives."""
        return self.driver.execute_script(f"return ({script})(arguments[0])", arg)

    def wait_for_timeout(self, timeout: float) -> None:
        """Wait."""
        time.sleep(timeout / 1000)


@dataclass(frozen=True, slots=True)
class _Whole:
    """What all elements of a driver share: the driver as Selenium made it, and the test's healing."""

    driver: WebDriver
    healing: CaseHealing

    def find(self, parent: WebDriver | WebElement, find: Finds, by: Any, value: str | None, code: str, frame: FrameType) -> WebElement:
        """The element of a locator; one that is found when it is acted on, where its own locator is lost and may be healed.

        Args:
            parent: What it is looked for in.
            find: Its own ``find_element``.
            by: Selenium's ``by``.
            value: Selenium's ``value``.
            code: What finds ``parent``, after the driver; empty for the driver itself.
            frame: The caller's.

        Raises:
            NoSuchElementException: as Selenium does.
        """
        __tracebackhide__ = True
        healing = self.healing
        if healing.is_over or not isinstance(by, str) or value is None:  # a relative locator has no code of one line
            return find(by, value)
        code = f"{code}.{code_of(by, value)}" if code else code_of(by, value)
        origin = _Origin(self, partial(_all, parent, by, value), code, written_at(frame, healing.root, _OURS))
        try:
            return HealingElement.of(origin, find(by, value))
        except NoSuchElementException as exc:
            if not origin.has_acted or _will_ask_again(frame):
                raise
            origin.lost = exc
        return HealingElement.of(origin, None)


def _all(parent: WebDriver | WebElement, by: str, value: str) -> list[WebElement]:
    """What a locator finds; nothing where what it is looked for in is gone."""
    try:
        return parent.find_elements(by, value)
    except (NoSuchElementException, StaleElementReferenceException):
        return []


@dataclass(slots=True)
class _Origin:
    """Where an element comes from.

    Attributes:
        whole: Its driver.
        find_all: Finds it, and others.
        code: The same in Python, after the driver.
        location: Where that is written.
        lost: What Selenium says of its locator; ``None`` while that finds it.
        found: What was found instead.
    """

    whole: _Whole
    find_all: Callable[[], list[WebElement]]
    code: str
    location: Location
    lost: NoSuchElementException | None = None
    found: WebElement | None = None
    locator: str = field(init=False)
    step: str = field(init=False)

    def __post_init__(self) -> None:
        healing = self.whole.healing
        self.locator = healing.redact(python_locator(self.code))
        self.step = healing.step_of(self.locator, self.location)

    @property
    def has_acted(self) -> bool:
        """Whether this line acted on the element in a run that passed."""
        healing = self.whole.healing
        return healing.healer.acted(healing.case, self.step, self.locator)

    def act(self, doing: str, element: WebElement, act: Callable[[WebElement], Any]) -> Any:
        """Act on the element, found again when it is lost."""
        __tracebackhide__ = True
        if self.lost is not None:
            return act(self.find_again(doing))
        healing = self.whole.healing
        if healing.is_over:
            return act(element)
        return healing.act(self._search(doing, lambda: [element]), lambda _: act(element), lambda _: False)

    def learn(self, doing: str, element: WebElement) -> None:
        """Know the element again that one of Selenium's helpers is about to act on."""
        if not self.whole.healing.is_over:
            self.whole.healing.learn(self._search(doing, lambda: [element]))

    def find_again(self, doing: str) -> WebElement:
        """The element that stands for the lost one.

        Raises:
            NoSuchElementException: what Selenium said, with what the healer says, when there is none.
        """
        __tracebackhide__ = True
        if self.found is None and self.lost is not None:
            found = self.whole.healing.find_again(self._search(doing, lambda: self.find_all()[:1]), self.lost)
            self.found = found or self.find_all()[0]
        return cast("WebElement", self.found)

    def _search(self, doing: str, find: Callable[[], list[WebElement]]) -> Search[WebElement]:
        healing, driver = self.whole.healing, self.whole.driver
        page = _Page(driver)
        return Search(
            case=healing.case,
            step=self.step,
            doing=doing,
            locator=self.locator,
            element=cast("Any", _Elements(driver, find)),
            page=page,
            errors=SeleniumFaults.errors,
            poll=partial(poll, page),
            redact=healing.redact,
            test_id_attribute=_TEST_ID_ATTRIBUTE,
            ways=self._ways,
            evidence=healing.evidence,
            picture=driver.get_screenshot_as_png,
            location=self.location,
        )

    def _ways(self, locator: Mapping[str, Any], candidate: Mapping[str, Any]) -> Iterator[Way[WebElement]]:
        driver, redact = self.whole.driver, self.whole.healing.redact
        for by, value in ways_of(locator, candidate, _TEST_ID_ATTRIBUTE):
            find = partial(_all, driver, by, value)
            for element in find()[:1]:
                yield Way(element, cast("Any", _Elements(driver, find)), redact(python_locator(code_of(by, value))))


class _Healing:
    """What a driver's class gets before its own."""

    __slots__ = ()
    _maestro: _Whole

    def find_element(self, by: Any = By.ID, value: str | None = None) -> WebElement:
        """The element, healing."""
        __tracebackhide__ = True
        driver = self._maestro.driver
        return self._maestro.find(driver, driver.find_element, by, value, "", sys._getframe(1))


def _acting(name: str) -> Callable[..., Any]:
    plain = getattr(WebElement, name)

    @wraps(plain)
    def act(self: HealingElement, *args: Any) -> Any:
        __tracebackhide__ = True
        return self._maestro.act(name, self, lambda element: plain(element, *args))

    return act


class HealingElement(WebElement):
    """An element; of a lost one it is asked what it is only when it is acted on."""

    __slots__ = ("_given", "_maestro")
    _maestro: _Origin
    _given: str

    @classmethod
    def of(cls, origin: _Origin, element: WebElement | None) -> HealingElement:
        """The same element, or a lost one, that a locator of a test found or did not find."""
        made = object.__new__(cls)
        made._maestro = origin
        made._parent = origin.whole.driver
        if element is not None:
            made._given = element.id
        return made

    clear = _acting("clear")
    click = _acting("click")
    send_keys = _acting("send_keys")
    submit = _acting("submit")

    @property
    def _id(self) -> str:
        """WebDriver's name for it, without which nothing is asked of it.

        Raises:
            NoSuchElementException: for a lost element that is read. Selenium's own helpers (a wait until it can be clicked, `Select`,
                `ActionChains`) look at it on the way to an act.
        """
        __tracebackhide__ = True
        origin = self._maestro
        helper = _helper(sys._getframe(1))
        if origin.lost is None:
            if helper.startswith(_ACT_BY_ITSELF):
                origin.learn(helper, self)
            return self._given
        if helper:
            return origin.find_again(helper.rpartition(".")[2]).id
        raise origin.lost

    def find_element(self, by: Any = By.ID, value: str | None = None) -> WebElement:
        """The element in it, healing."""
        __tracebackhide__ = True
        origin = self._maestro
        return origin.whole.find(self, super().find_element, by, value, origin.code, sys._getframe(1))


def _helper(frame: FrameType | None) -> str:
    """The module of the helper of Selenium's that asks an element; empty when the test does."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name != __name__ and not name.startswith("selenium.webdriver.remote"):
            return name if name.startswith("selenium.") else ""
        frame = frame.f_back
    return ""


def _will_ask_again(frame: FrameType | None) -> bool:
    """Whether a wait of Selenium's goes on when it hears that there is no element. Only its frame knows when it ends."""
    while frame is not None:
        if frame.f_globals.get("__name__") == "selenium.webdriver.support.wait":
            ends_at = frame.f_locals.get("end_time")
            return frame.f_code.co_name != "until" or not isinstance(ends_at, float) or time.monotonic() <= ends_at
        frame = frame.f_back
    return False
