"""Errors of JavaScript as faults: without colours, without the framework's own frames, with the place in the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from maestro_fabric.adapters.node.messages import Failure
from maestro_fabric.model import Fault, Location, Status

__all__ = ["fault_of", "plain", "status_of", "without_foreign_frames"]

# ECMA-48 control sequences, which colour what a terminal shows.
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_FRAME = re.compile(r"^\s+at .*?\(?(?:file://)?([^()\s]+?):(\d+):(\d+)\)?$")
_NAME = re.compile(r"^(\w*(?:Error|Exception)): ")
_FOREIGN = re.compile(r"[\\/]node_modules[\\/]|\(node:|at node:|at new Promise \(<anonymous>\)|<anonymous>\)$")


def plain(text: str) -> str:
    """A text without the codes that colour it."""
    return _ANSI.sub("", text)


def status_of(failures: Sequence[Failure]) -> Status:
    """``failed`` when all that was thrown are assertions, else ``error``."""
    return Status.FAILED if failures and all(failure.is_assertion for failure in failures) else Status.ERROR


def fault_of(failures: Sequence[Failure], file: Path, root: Path) -> Fault:
    """What a test threw as one fault.

    Args:
        failures: The errors, the first one first.
        file: The test file, in whose frames the place is looked for.
        root: The folder that places are relative to.
    """
    if not failures:
        return Fault(type="Error", message="it failed and gives no reason")
    texts = [plain(failure.text) for failure in failures]
    kind, _ = _split_name(texts[0])
    return Fault(
        type="AssertionError" if failures[0].is_assertion and kind in ("", "Error") else kind or "Error",
        message="\n\n".join(_message(text) for text in texts),
        trace="\n\n".join(without_foreign_frames(text) for text in texts),
        location=next((place for text in texts if (place := _place(text, file, root)) is not None), None),
    )


def _message(text: str) -> str:
    lines: list[str] = []
    for line in _split_name(text)[1].splitlines():
        if _FRAME.match(line) or line.lstrip().startswith("at "):
            break
        lines.append(line)
    return "\n".join(lines).strip() or text.strip() or "it failed and gives no reason"


def _split_name(text: str) -> tuple[str, str]:
    name = _NAME.match(text)
    return (name[1], text[name.end() :]) if name else ("", text)


def without_foreign_frames(text: str) -> str:
    """A text without the frames of packages and of Node."""
    return "\n".join(line for line in text.splitlines() if not (line.lstrip().startswith("at ") and _FOREIGN.search(line))).rstrip()


def _place(text: str, file: Path, root: Path) -> Location | None:
    for line in text.splitlines():
        frame = _FRAME.match(line)
        if frame is not None and Path(frame[1]) == file:
            shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
            return Location(shown, int(frame[2]), int(frame[3]))
    return None
