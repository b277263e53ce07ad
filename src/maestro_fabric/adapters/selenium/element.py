"""Elements: what Playwright's locators do, by the script in the page and by WebDriver's actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium.common.exceptions import WebDriverException

from maestro_fabric.adapters.browser.scripts import READ_ELEMENTS
from maestro_fabric.adapters.selenium import keys
from maestro_fabric.adapters.selenium.commands import Commands, Found
from maestro_fabric.adapters.selenium.page import on_all
from maestro_fabric.errors import MaestroError

__all__ = ["SeleniumElement"]

_ACTIONABLE = ("visible", "enabled")
_EDITABLE = ("visible", "enabled", "editable")
_DRAG = """
const [source, target, x, y] = arguments;
const dataTransfer = new DataTransfer();
const at = {bubbles: true, cancelable: true, composed: true, dataTransfer, clientX: x, clientY: y};
const tell = (element, kind) => element.dispatchEvent(new DragEvent(kind, at));
if (!tell(source, 'dragstart')) return;
tell(target, 'dragenter');
const isTaken = !tell(target, 'dragover');
if (isTaken) tell(target, 'drop'); else tell(target, 'dragleave');
tell(source, 'dragend');
"""


@dataclass(frozen=True, slots=True)
class SeleniumElement:
    """What a target leads to."""

    commands: Commands
    tab: str
    frames: tuple[str, ...]
    locator: Mapping[str, Any]

    def click(self, *, timeout: float, button: Any = "left", modifiers: Any = None, position: Any = None, click_count: int = 1) -> None:
        """Click with the mouse."""
        found = self._at_point(timeout, position)
        if modifiers:
            self.commands.perform(keys.hold(modifiers))
        self.commands.perform(keys.mouse([keys.move(found.x, found.y), *keys.click(button, click_count)]))
        if modifiers:
            self.commands.perform(keys.let_go(modifiers))

    def hover(self, *, timeout: float) -> None:
        """Move the mouse over it."""
        found = self._at_point(timeout, None, states=("visible",))
        self.commands.perform(keys.mouse([keys.move(found.x, found.y)]))

    def fill(self, value: str, *, timeout: float) -> None:
        """Replace what is in the field, as one input."""
        self._ready(timeout, _EDITABLE, deed="fill", argument=value, how="control")

    def clear(self, *, timeout: float) -> None:
        """Empty the field."""
        self.fill("", timeout=timeout)

    def press_sequentially(self, text: str, *, delay: float, timeout: float) -> None:
        """Type key by key."""
        self._ready(timeout, (), deed="focus", how="control")
        self.commands.perform(keys.type_text(text, delay))

    def press(self, key: str, *, timeout: float) -> None:
        """Press a key on it."""
        self._ready(timeout, (), deed="focus", how="control")
        self.commands.perform(keys.press_key(key))

    def select_option(self, value: str | Sequence[str], *, timeout: float) -> None:
        """Choose options by value or label."""
        self._ready(timeout, _ACTIONABLE, deed="select", argument=[value] if isinstance(value, str) else list(value), how="control")

    def check(self, *, timeout: float) -> None:
        """Have the box checked."""
        self._set_checked(timeout, wanted=True)

    def uncheck(self, *, timeout: float) -> None:
        """Have the box not checked."""
        self._set_checked(timeout, wanted=False)

    def set_input_files(self, files: Sequence[Path], *, timeout: float) -> None:
        """Give files to the field."""
        found = self._ready(timeout, (), how="control")
        self.commands.send(lambda: found.element.send_keys("\n".join(str(file) for file in files)))

    def drag_to(self, target: SeleniumElement, *, timeout: float) -> None:
        """Drag it: by events where it is ``draggable``, which no WebDriver action moves, else with the mouse."""
        found = self._at_point(timeout, None, states=("visible",))
        if self.commands.script("return !!arguments[0].closest('[draggable=true]')", found.element):
            goal = target._at_point(timeout, None, states=("visible",))
            source = self._ready(timeout, ())
            draggable = self.commands.script("return arguments[0].closest('[draggable=true]')", source.element)
            self.commands.script(_DRAG, draggable, goal.element, goal.x, goal.y)
            return
        self.commands.perform(keys.mouse([keys.move(found.x, found.y), {"type": "pointerDown", "button": 0}]))
        goal = target._at_point(timeout, None, states=("visible",))
        steps = [keys.move((found.x + goal.x) // 2, (found.y + goal.y) // 2), keys.move(goal.x, goal.y), {"type": "pointerUp", "button": 0}]
        self.commands.perform(keys.mouse(steps))

    def scroll_into_view_if_needed(self, *, timeout: float) -> None:
        """Have it on the screen."""
        self._ready(timeout, ("visible",), deed="show")

    def wait_for(self, *, state: str, timeout: float) -> None:
        """Wait until it is there, and visible."""
        self._ready(timeout, ("visible",) if state == "visible" else ())

    def inner_text(self, *, timeout: float) -> str:
        """Its text as shown."""
        return str(self._ready(timeout, (), deed="text").value)

    def input_value(self, *, timeout: float) -> str:
        """What is in the field."""
        return str(self._ready(timeout, (), deed="value").value)

    def get_attribute(self, name: str, *, timeout: float) -> str | None:
        """An attribute."""
        value: str | None = self._ready(timeout, (), deed="attribute", argument=name).value
        return value

    def screenshot(self, *, path: Path, timeout: float) -> bytes:
        """A picture of it."""
        found = self._ready(timeout, ("visible",))
        picture: bytes = self.commands.send(lambda: found.element.screenshot_as_png)
        path.write_bytes(picture)
        return picture

    def count(self) -> int:
        """How many match now."""
        return int(self.evaluate_all("(elements) => elements.length") or 0)

    def is_visible(self) -> bool:
        """Whether one that matches is visible."""
        return any(row["visible"] for row in self.evaluate_all(READ_ELEMENTS, []))

    def evaluate_all(self, script: str, arg: Any = None) -> Any:
        """What a function gives for all that match."""
        if not self.commands.enter(self.tab, self.frames):
            return self.commands.script(f"return ({script})([], arguments[0])", arg)
        return self.commands.script(on_all(script), self.locator, arg)

    def _at_point(self, timeout: float, position: Any, states: Sequence[str] = _ACTIONABLE) -> Found:
        point = {"position": list(position.values()) if position is not None else None}
        return self._ready(timeout, states, point=point)

    def _ready(
        self, timeout: float, states: Sequence[str], *, deed: str | None = None, argument: Any = None, how: str = "", point: Any = None
    ) -> Found:
        wanted = {"states": list(states), "how": how, "point": point}
        return self.commands.ready(self.tab, self.frames, self.locator, wanted, timeout, deed, argument)

    def _set_checked(self, timeout: float, *, wanted: bool) -> None:
        if self._ready(timeout, (), deed="checked", how="control").value is wanted:
            return
        self.click(timeout=timeout)
        try:
            is_checked = self._ready(timeout, (), deed="checked", how="control").value
        except WebDriverException:
            # The click led to another page.
            return
        if is_checked is not wanted:
            raise MaestroError("clicking the checkbox did not change its state")
