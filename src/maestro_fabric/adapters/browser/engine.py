"""The port to a browser: what the step language needs of an engine. Steps, messages and evidence are the same on all of them.

Names and units are Playwright's, whose own objects are tabs and elements as they are: times are milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from maestro_fabric.adapters.browser.responses import Response
from maestro_fabric.config.steps import Target
from maestro_fabric.errors import MaestroError

__all__ = ["Element", "Engine", "Faults", "HttpCall", "Keyboard", "Prompt", "Reply", "Tab"]


class Element(Protocol):
    """What a target leads to; looked for anew by each call, which waits until exactly one matches and is ready."""

    def click(
        self,
        *,
        timeout: float,
        button: Any = "left",
        modifiers: Any = None,
        position: Any = None,
        click_count: int = 1,
    ) -> None:
        """Click it, at ``position`` from its top left corner or in its middle."""

    def hover(self, *, timeout: float) -> None:
        """Move the mouse over it."""

    def fill(self, value: str, *, timeout: float) -> None:
        """Replace what is in the field."""

    def press_sequentially(self, text: str, *, delay: float, timeout: float) -> None:
        """Type into it, key by key."""

    def press(self, key: str, *, timeout: float) -> None:
        """Press a key on it."""

    def clear(self, *, timeout: float) -> None:
        """Empty the field."""

    def select_option(self, value: str | Sequence[str], *, timeout: float) -> object:
        """Choose options by value or label."""

    def check(self, *, timeout: float) -> None:
        """Have the box checked."""

    def uncheck(self, *, timeout: float) -> None:
        """Have the box not checked."""

    def set_input_files(self, files: Any, *, timeout: float) -> None:
        """Give files to the field."""

    def drag_to(self, target: Any, *, timeout: float) -> None:
        """Drag it onto another element of the same engine."""

    def scroll_into_view_if_needed(self, *, timeout: float) -> None:
        """Have it on the screen."""

    def wait_for(self, *, state: Any, timeout: float) -> None:
        """Wait until it is ``visible`` or ``attached``."""

    def inner_text(self, *, timeout: float) -> str:
        """Its text as shown."""

    def input_value(self, *, timeout: float) -> str:
        """What is in the field."""

    def get_attribute(self, name: str, *, timeout: float) -> str | None:
        """An attribute; ``None`` when it has none of that name."""

    def screenshot(self, *, path: Path, timeout: float) -> bytes:
        """A picture of it, as PNG."""

    def count(self) -> int:
        """How many match now."""

    def is_visible(self) -> bool:
        """Whether the one that matches is visible now."""

    def evaluate_all(self, script: str, arg: Any = None) -> Any:
        """What a function ``(elements, arg)`` gives for all that match now."""


class Keyboard(Protocol):
    """Keys for what has the focus."""

    def type(self, text: str, *, delay: float) -> None:
        """Type a text."""

    def press(self, key: str) -> None:
        """Press a key, like ``Control+A``."""


class Tab(Protocol):
    """A page in its tab."""

    @property
    def url(self) -> str:
        """The address."""

    @property
    def keyboard(self) -> Keyboard:
        """The keyboard."""

    def title(self) -> str:
        """The title."""

    def content(self) -> str:
        """The HTML as it is now."""

    def goto(self, url: str, *, wait_until: Any, timeout: float) -> object:
        """Go to an address."""

    def go_back(self, *, wait_until: Any, timeout: float) -> object:
        """Go back in the history."""

    def reload(self, *, wait_until: Any, timeout: float) -> object:
        """Load the page anew."""

    def bring_to_front(self) -> None:
        """Show this tab."""

    def close(self) -> None:
        """Close it."""

    def evaluate(self, script: str, arg: Any = None) -> Any:
        """What an expression, or a function of ``arg``, gives."""

    def screenshot(self, *, timeout: float, path: Any = None, full_page: Any = None) -> bytes:
        """A picture of what is seen, or of the whole page, as PNG."""

    def wait_for_timeout(self, timeout: float) -> None:
        """Wait, and serve the page's events meanwhile."""


class Prompt(Protocol):
    """A dialog that waits for an answer; ``type`` is ``alert``, ``confirm``, ``prompt`` or ``beforeunload``."""

    @property
    def type(self) -> str:
        """Its kind."""

    @property
    def message(self) -> str:
        """What it says."""

    def accept(self, prompt_text: str | None = None) -> None:
        """Say yes."""

    def dismiss(self) -> None:
        """Say no."""


class Faults(Protocol):
    """How an engine's errors are read.

    Attributes:
        errors: What its calls raise.
        timeouts: Those of them that say that time was over.
    """

    errors: tuple[type[Exception], ...]
    timeouts: tuple[type[Exception], ...]

    def translate(self, exc: Exception) -> MaestroError:
        """Our error for one of the engine's, with what to do where that is known."""

    def is_ambiguous(self, exc: Exception) -> bool:
        """Whether several elements match where one is meant."""

    def is_closed(self, exc: Exception) -> bool:
        """Whether the page, its context or the browser has gone."""

    def is_in_between(self, exc: Exception) -> bool:
        """Whether a page was just being replaced by another one."""

    def reason_not_ready(self, exc: Exception) -> str | None:
        """Why an element that was found could not be acted on; ``None`` when none was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """A call over HTTP with the page's cookies; ``body`` or ``form`` is sent, if any. Times are milliseconds."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str | int | float | bool]
    body: bytes | str | None
    form: Mapping[str, str] | None
    follow: bool
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a routed request gets instead of the server's answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    body: str | None = None
    path: Path | None = None


class Engine(Protocol):
    """The browser as one case has it.

    Attributes:
        faults: Reads its errors.
    """

    faults: Faults

    def tabs(self) -> list[Any]:
        """The open tabs, each a `Tab`, in the order in which they were opened."""

    def locate(self, tab: Any, target: Target, key: str) -> Element:
        """The element of a target that is found by ``key``; nothing is asked of the page."""

    def ask(self, tab: Any, script: str, arg: Any) -> Any:
        """What a function of ``arg``, which changes nothing, gives in the page."""

    def ask_often(self, tab: Any, script: str, arg: Any) -> Any:
        """The same for a function that will be asked again and again, which the engine may keep; what it gives must be JSON."""

    def ask_all(self, tab: Any, target: Target, key: str, script: str, arg: Any) -> Any:
        """What a function of all elements that match a target now, and of ``arg``, gives; likewise kept."""

    def ask_frames(self, tab: Any, script: str, arg: Any) -> list[Any]:
        """What a function of ``arg`` gives in the page and in its frames, one after the other."""

    def picture(self, tab: Any, timeout: float) -> bytes:
        """A small picture of what is seen, as JPEG where the browser can."""

    def set_cookie(self, cookie: Mapping[str, Any]) -> None:
        """Set a cookie: ``name``, ``value``, and ``url``, or ``domain`` and ``path``."""

    def fetch(self, call: HttpCall) -> Response:
        """Call over HTTP with the case's cookies."""

    def route(self, url: str, is_meant: Callable[[str], bool], reply: Reply | None) -> None:
        """Answer (or block) the requests whose address matches a glob and whose method ``is_meant``."""

    def download(self, tab: Any, start: Callable[[], object], keep: Callable[[str], Path], timeout: float) -> tuple[str, Path]:
        """The name and place of the file whose download ``start`` begins; ``keep`` gives the place for a name.

        Raises:
            TransportError: when none begins in time, or it breaks off.
        """

    def for_calls(self, tab: Any) -> Any:
        """What the function of a ``call`` step gets as the page."""

    def answers(self) -> bool:
        """Whether the browser still does."""

    def origin(self, tab: Any) -> tuple[str, int]:
        """The address that the page in a tab came from, and the status it was answered with; 0 where nobody knows."""

    def keep_trace(self, path: Path) -> None:
        """Write what was recorded of the case, where the engine records at all."""
