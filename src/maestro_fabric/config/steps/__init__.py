"""The step language: one frozen dataclass a step, validated by pydantic, the same for every browser.

A step in the file is a mapping with one key, the action: ``- click: "#buy"``. `Step` is that mapping's type; after
loading it is a dict with one entry, whose value is one of the dataclasses of this folder. A text that still holds ``${…}`` is
resolved when the step runs; numbers and durations that do so stay text until then.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import with_config
from typing_extensions import TypedDict

from maestro_fabric.config.steps.checks import CheckA11y, CheckVisual, Expect, KnownViolation
from maestro_fabric.config.steps.data import Call, Log, RunJs, Save, Use
from maestro_fabric.config.steps.elements import Click, Drag, Fill, Press, Screenshot, Select, Type, Upload, WaitFor
from maestro_fabric.config.steps.network import Answer, Download, ExpectResponse, Request, Route, SetCookie
from maestro_fabric.config.steps.pages import CloseTab, Dialog, Move, Open, SwitchTab
from maestro_fabric.config.steps.targets import CSS, LOCATOR_KEYS, Target
from maestro_fabric.config.types import STRICT_KEYS, nothing, shorthand

__all__ = [
    "LOCATOR_KEYS",
    "Answer",
    "Call",
    "CheckA11y",
    "CheckVisual",
    "Click",
    "CloseTab",
    "Dialog",
    "Download",
    "Drag",
    "Expect",
    "ExpectResponse",
    "Fill",
    "KnownViolation",
    "Log",
    "Move",
    "Open",
    "Press",
    "Request",
    "Route",
    "RunJs",
    "Save",
    "Screenshot",
    "Select",
    "SetCookie",
    "Step",
    "SwitchTab",
    "Target",
    "Type",
    "Upload",
    "Use",
    "WaitFor",
]


@with_config(STRICT_KEYS)
class Step(TypedDict, total=False):
    """One step: exactly one of these keys."""

    open: Annotated[Open, shorthand("url")]
    click: Annotated[Click, CSS]
    double_click: Annotated[Click, CSS]
    right_click: Annotated[Click, CSS]
    hover: Annotated[Target, CSS]
    fill: Fill
    type: Annotated[Type, shorthand("value")]
    press: Annotated[Press, shorthand("key")]
    clear: Annotated[Target, CSS]
    select: Select
    check: Annotated[Target, CSS]
    uncheck: Annotated[Target, CSS]
    upload: Upload
    drag: Drag
    scroll_to: Annotated[Target, CSS]
    go_back: Annotated[Move, shorthand("until"), nothing()]
    reload: Annotated[Move, shorthand("until"), nothing()]
    switch_tab: Annotated[SwitchTab, shorthand("url"), shorthand("number", int)]
    close_tab: Annotated[CloseTab, nothing()]
    dialog: Annotated[Dialog, shorthand("answer")]
    wait_for: Annotated[WaitFor, CSS]
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
