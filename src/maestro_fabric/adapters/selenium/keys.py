"""Keys and mouse buttons as WebDriver's actions."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from selenium.webdriver.common.keys import Keys

from maestro_fabric.errors import ConfigError

__all__ = ["BUTTONS", "click", "hold", "let_go", "mouse", "move", "press_key", "type_text"]

Action = dict[str, Any]

BUTTONS = {"left": 0, "middle": 1, "right": 2}
_NAMES = {
    **{name: getattr(Keys, name.upper()) for name in ("Alt", "Backspace", "Control", "Delete", "End", "Enter", "Escape", "Home", "Insert")},
    **{name: getattr(Keys, name.upper()) for name in ("Meta", "Shift", "Space", "Tab")},
    **{f"F{number}": getattr(Keys, f"F{number}") for number in range(1, 13)},
    **{f"Arrow{side}": getattr(Keys, f"ARROW_{side.upper()}") for side in ("Left", "Right", "Up", "Down")},
    "PageUp": Keys.PAGE_UP,
    "PageDown": Keys.PAGE_DOWN,
    "ControlOrMeta": Keys.META if sys.platform == "darwin" else Keys.CONTROL,
}


def press_key(combination: str) -> list[Action]:
    """The actions of a key like ``Enter``, ``a`` or ``Control+A``.

    Raises:
        ConfigError: when there is no key of that name.
    """
    *held, last = combination.split("+") if len(combination) > 1 and combination != "++" else [combination]
    keys = [_key(name) for name in (*held, last or "+")]
    return [_keyboard([*({"type": "keyDown", "value": key} for key in keys), *({"type": "keyUp", "value": key} for key in reversed(keys))])]


def type_text(text: str, delay_ms: float) -> list[Action]:
    """The actions that type a text."""
    steps: list[Action] = []
    for char in text:
        key = Keys.ENTER if char == "\n" else char
        steps += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        if delay_ms:
            steps.append({"type": "pause", "duration": int(delay_ms)})
    return [_keyboard(steps)]


def hold(names: Iterable[str]) -> list[Action]:
    """The actions that press modifiers and do not let go."""
    return [_keyboard([{"type": "keyDown", "value": _key(name)} for name in names])]


def let_go(names: Iterable[str]) -> list[Action]:
    """The actions that let go of modifiers."""
    return [_keyboard([{"type": "keyUp", "value": _key(name)} for name in names])]


def mouse(steps: Sequence[Action]) -> list[Action]:
    """The mouse as the one thing that acts."""
    return [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": list(steps)}]


def move(x: int, y: int) -> Action:
    """Move the mouse to a point of the window."""
    return {"type": "pointerMove", "duration": 0, "x": x, "y": y, "origin": "viewport"}


def click(button: str, times: int) -> list[Action]:
    """Press a button and let go, so many times."""
    number = BUTTONS[button]
    return [{"type": "pointerDown", "button": number}, {"type": "pointerUp", "button": number}] * times


def _keyboard(steps: list[Action]) -> Action:
    return {"type": "key", "id": "keyboard", "actions": steps}


def _key(name: str) -> str:
    if len(name) == 1:
        return name
    plain = name.removeprefix("Key").removeprefix("Digit") if name.startswith(("Key", "Digit")) else name
    if len(plain) == 1:
        return plain.lower()
    if name not in _NAMES:
        raise ConfigError(f"there is no key {name!r}: see developer.mozilla.org/docs/Web/API/UI_Events/Keyboard_event_key_values")
    return str(_NAMES[name])
