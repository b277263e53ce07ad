"""What version a program says it is."""

from __future__ import annotations

import re
import subprocess

__all__ = ["major_version", "version_answer"]

_ANSWER_WITHIN_S = 20.0


def version_answer(path: str) -> str | None:
    """What a browser (or any program) says to ``--version``, in one line; ``None`` when it does not start."""
    try:
        finished = subprocess.run(  # noqa: S603 - a program that this machine has, with a constant argument
            [path, "--version"], capture_output=True, text=True, timeout=_ANSWER_WITHIN_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = finished.stdout.strip().splitlines()
    return (lines[0].strip() if lines else "starts") if finished.returncode == 0 else None


def major_version(answer: str | None) -> str:
    """``156`` of ``ChromeDriver 156.0.8078.79 (…)``; empty when there is none."""
    found = re.search(r"\b(\d+)\.\d+\.\d+", answer or "")
    return found[1] if found else ""
