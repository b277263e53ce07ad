"""The cases that a program's list names beforehand."""

from __future__ import annotations

from maestro_fabric.adapters.command.files import READERS

__all__ = ["names_in"]

_BEGINNINGS = {"junit": ("<",), "tap": ("TAP version", "1..", "ok ", "not ok "), "ctrf": ("{",)}


def names_in(text: str, format_: str) -> list[str]:
    """The names that a list command has printed, in order, each once.

    Args:
        text: Its standard output: a document of the report's format, or a name a line.
        format_: The report's format.

    Raises:
        ReportError: when it begins like such a document and is none.
    """
    start = text.lstrip()
    looks_like = {
        "junit": start.startswith("<"),
        "tap": start.startswith(("TAP version", "1..", "ok ", "not ok ")),
        "ctrf": start.startswith("{"),
    }
    if looks_like[format_]:
        return list(dict.fromkeys(case.name for case in READERS[format_](text.encode())))
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
