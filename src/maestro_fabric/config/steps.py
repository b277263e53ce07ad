"""The step language: one frozen dataclass a step, validated by pydantic, the same for every browser.

A step in the file is a mapping with one key, the action: ``- click: "#buy"``. `Step` is that mapping's type; after
loading it is a dict with one entry, whose value is one of the dataclasses below. A text that still holds ``${…}`` is
resolved when the step runs; numbers and durations that do so stay text until then.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, with_config
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from maestro_fabric.config.types import STRICT_KEYS, LateBool, LateInt, LateSeconds, nothing, shorthand

__all__ = ["LOCATOR_KEYS", "Expect", "Step", "Target", "Use"]

LOCATOR_KEYS = ("css", "role", "label", "text", "placeholder", "test_id", "xpath")
"""How an element may be found; a locator has exactly one of these."""


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Target:
    """An element: a CSS string, or exactly one of the locator keys.

    ``name`` goes with ``role``; ``exact`` compares whole texts; ``nth`` chooses the n-th match, from 1; ``frame`` is the
    CSS of the frame, or of each frame from the outside in. ``optional`` lets the step do nothing when the element does
    not come; ``within`` is how long it may take; ``policy`` names how the step itself is tried.

    ``heal`` says whether the step may go on with an element that is found again after its locator was lost (``false``,
    ``propose``, ``true``); a ``destructive`` step may only with ``heal: true``.
    """

    css: str | None = None
    role: str | None = None
    name: str | None = None
    label: str | None = None
    text: str | None = None
    placeholder: str | None = None
    test_id: str | None = None
    xpath: str | None = None
    exact: LateBool = False
    nth: LateInt | None = None
    frame: str | list[str] | None = None
    heal: Literal[True, False, "propose"] | None = None
    destructive: LateBool = False
    optional: LateBool = False
    within: LateSeconds | None = None
    policy: str | None = None


_CSS = shorthand("css", str)


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Open:
    """Go to an address, relative to ``base_url``; ``until`` is the moment of loading that is waited for."""

    url: str
    until: Literal["commit", "domcontentloaded", "load", "networkidle"] = "load"
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Click(Target):
    """Click an element; ``modifiers`` are held down, ``position`` is [x, y] from its top left corner in pixels."""

    modifiers: list[Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]] = Field(default_factory=list)
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Fill(Target):
    """Replace the content of a field by ``value``."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Type(Target):
    """Type ``value`` key by key, ``delay`` apart; without a locator into what has the focus."""

    value: str
    delay: LateSeconds = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Press(Target):
    """Press ``key`` (``Enter``, ``Control+A``) on an element, or on what has the focus."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Select(Target):
    """Choose options of a list by their value or label."""

    option: str | list[str]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Upload(Target):
    """Give files to a file field; paths are below the config's folder."""

    files: str | list[str]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Drag:
    """Drag the element ``from`` onto ``to``."""

    source: Annotated[Target, _CSS] = Field(alias="from")
    to: Annotated[Target, _CSS]
    optional: LateBool = False
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Move:
    """Go back in the history, or load the page anew."""

    until: Literal["commit", "domcontentloaded", "load", "networkidle"] = "load"
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class SwitchTab:
    """Go to a tab by its number from 1 in the order of opening, by (part of) its URL or title, or to the newest."""

    number: LateInt | None = None
    url: str | None = None
    title: str | None = None
    newest: LateBool = False
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class CloseTab:
    """Close the current tab and go to the one before it."""


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Dialog:
    """Say how dialogs of the following steps are answered, and optionally which message is expected."""

    answer: Literal["accept", "dismiss"]
    text: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class WaitFor(Target):
    """Wait until an element is in a state, or until the URL matches."""

    state: Literal["visible", "hidden", "attached", "detached"] = "visible"
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Screenshot(Target):
    """Keep a picture of the page, or of an element, under ``as``."""

    as_: str = Field(alias="as", default="screenshot")
    full_page: LateBool = False


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class RunJs:
    """Run JavaScript in the page: an expression or a function of ``arg``; its result goes into ``saved.<as>``."""

    script: str
    arg: Any = None
    as_: str | None = Field(alias="as", default=None)
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Save:
    """Keep one thing in ``saved.<as>``.

    Exactly one of ``text``, ``value``, ``attribute`` (with ``of``), ``count`` (each with a locator), ``url``, ``title`` or
    ``json`` (a JSON path into the answer of the last ``request``, or of the one named by ``response``).
    """

    as_: str = Field(alias="as")
    text: Annotated[Target, _CSS] | None = None
    value: Annotated[Target, _CSS] | None = None
    attribute: str | None = None
    of: Annotated[Target, _CSS] | None = None
    count: Annotated[Target, _CSS] | None = None
    url: Literal[True] | None = None
    title: Literal[True] | None = None
    json: str | None = None
    response: str | None = None
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class SetCookie:
    """Set a cookie; for the current page's address unless ``url`` or ``domain`` says otherwise."""

    name: str
    value: str
    url: str | None = None
    domain: str | None = None
    path: str | None = None
    http_only: LateBool = False
    secure: LateBool = False
    same_site: Literal["Strict", "Lax", "None"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class ExpectResponse:
    """What an answer must be: status, headers, values at JSON paths, its text, its JSON Schema, its size and time."""

    status: LateInt | list[int] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    json: dict[str, Any] = Field(default_factory=dict)
    schema: str | dict[str, Any] | None = None
    text: str | None = None
    contains: str | None = None
    matches: str | None = None
    min_bytes: LateInt | None = None
    within: LateSeconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Request:
    """An HTTP call with the case's cookies: exactly one of the methods, with its address.

    ``json``, ``form``, ``body``, ``file`` (a file's content) or ``files`` (by field, with ``form`` beside them) is sent. The
    answer is kept as ``saved.<as>`` (status, headers, json, text), its body among the artifacts as ``keep``. With ``until``
    the call is repeated, ``every`` so long, until the answer is so, at the latest until ``within``.
    """

    get: str | None = None
    post: str | None = None
    put: str | None = None
    patch: str | None = None
    delete: str | None = None
    head: str | None = None
    query: dict[str, str | int | float | bool] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    json: Any = None
    form: dict[str, str] | None = None
    body: str | None = None
    file: str | None = None
    files: dict[str, str | list[str]] = Field(default_factory=dict)
    auth: tuple[str, str] | None = None
    follow: LateBool = True
    expect: ExpectResponse | None = None
    until: ExpectResponse | None = None
    every: LateSeconds | None = None
    keep: str | None = None
    as_: str | None = Field(alias="as", default=None)
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Answer:
    """What a routed request gets instead of the server's answer."""

    status: LateInt = 200
    headers: dict[str, str] = Field(default_factory=dict)
    json: Any = None
    body: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Route:
    """Answer or block the page's requests whose address matches the glob ``url``, ``times`` times at most."""

    url: str
    method: str | None = None
    block: LateBool = False
    answer: Answer | None = None
    times: LateInt | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Download:
    """Click something that starts a download, wait for the file, and check it.

    ``name`` is the expected file name, ``contains`` a text in it, ``min_bytes`` its least size. The file is kept with
    the run's artifacts; its path goes into ``saved.<as>``.
    """

    click: Annotated[Target, _CSS]
    name: str | None = None
    contains: str | None = None
    min_bytes: LateInt | None = None
    as_: str | None = Field(alias="as", default=None)
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Use:
    """The steps of a group, with values for its parameters."""

    group: str
    with_: dict[str, Any] = Field(alias="with", default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Call:
    """Call ``package.module:function`` with the page and the variables, and ``with`` as keyword arguments."""

    function: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    with_: dict[str, Any] = Field(alias="with", default_factory=dict)
    as_: str | None = Field(alias="as", default=None)
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Log:
    """Write a line into the attempt's output."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Expect(Target):
    """What must be true, at the latest after ``within``.

    With a locator beside it, ``text`` is the element's whole text; alone it is the locator, and the element must be
    visible. ``text`` and ``contains`` fold white space; ``matches`` is a regular expression searched for. ``url`` without
    a scheme is compared with path and query. ``soft`` gathers failures until the end of the case.
    """

    visible: LateBool | None = None
    hidden: LateBool | None = None
    enabled: LateBool | None = None
    disabled: LateBool | None = None
    checked: LateBool | None = None
    contains: str | None = None
    matches: str | None = None
    value: str | None = None
    attribute: dict[str, str | None] | None = None
    count: LateInt | None = None
    url: str | None = None
    title: str | None = None
    soft: LateBool = False


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class KnownViolation:
    """A violation that is there and known: of a ``rule``, and of the elements that ``css`` matches (all, without it)."""

    rule: str
    css: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class CheckA11y:
    """Look for violations of accessibility rules by axe-core, in the page or the part that ``css`` matches.

    ``rules`` are the only ones looked for, or ``tags`` name sets of them; ``ignore`` leaves rules out. Violations below
    ``impact`` and ``known`` ones do not fail the step.
    """

    css: str | None = None
    rules: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)
    impact: Literal["minor", "moderate", "serious", "critical"] = "minor"
    known: list[KnownViolation] = Field(default_factory=list)
    soft: LateBool = False
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class CheckVisual(Target):
    """Compare a picture of the page, or of an element, with the stored one of that ``picture`` name.

    What ``mask`` finds is left out. Pixels differ when one of their colours does by more than ``threshold`` (a share of
    the whole range); the step fails when more than ``tolerance`` (a share of all pixels) do.
    """

    picture: str
    mask: list[Annotated[Target, _CSS]] = Field(default_factory=list)
    threshold: float = Field(default=0.1, ge=0, le=1)
    tolerance: float = Field(default=0.0, ge=0, le=1)
    full_page: LateBool = False
    soft: LateBool = False


@with_config(STRICT_KEYS)
class Step(TypedDict, total=False):
    """One step: exactly one of these keys."""

    open: Annotated[Open, shorthand("url")]
    click: Annotated[Click, _CSS]
    double_click: Annotated[Click, _CSS]
    right_click: Annotated[Click, _CSS]
    hover: Annotated[Target, _CSS]
    fill: Fill
    type: Annotated[Type, shorthand("value")]
    press: Annotated[Press, shorthand("key")]
    clear: Annotated[Target, _CSS]
    select: Select
    check: Annotated[Target, _CSS]
    uncheck: Annotated[Target, _CSS]
    upload: Upload
    drag: Drag
    scroll_to: Annotated[Target, _CSS]
    go_back: Annotated[Move, shorthand("until"), nothing()]
    reload: Annotated[Move, shorthand("until"), nothing()]
    switch_tab: Annotated[SwitchTab, shorthand("url"), shorthand("number", int)]
    close_tab: Annotated[CloseTab, nothing()]
    dialog: Annotated[Dialog, shorthand("answer")]
    wait_for: Annotated[WaitFor, _CSS]
    screenshot: Annotated[Screenshot, shorthand("as"), nothing()]
    run_js: Annotated[RunJs, shorthand("script")]
    save: Save
    set_cookie: SetCookie
    request: Request
    route: Route
    download: Download
    use: Annotated[Use, shorthand("group")]
    call: Annotated[Call, shorthand("function")]
    log: Annotated[Log, shorthand("message")]
    expect: Expect
    check_a11y: Annotated[CheckA11y, shorthand("css"), nothing()]
    check_visual: Annotated[CheckVisual, shorthand("picture")]
