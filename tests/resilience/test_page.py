"""docs/resilience.md: its examples run, its picture is the one that would be drawn, and it names all there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_fabric import resilience
from maestro_fabric.resilience import events

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "resilience.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^## ([^\n]+)\n|^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def named_examples() -> list[tuple[str, str]]:
    """The examples, each with the heading that it stands under."""
    heading, found = "start", []
    for title, code in EXAMPLES:
        heading = title or heading
        if code:
            found.append((heading, code))
    return found


@pytest.mark.parametrize(("heading", "code"), named_examples(), ids=lambda text: text.split("\n")[0][:20])
def test_an_example_runs(heading: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, f"resilience.md, {heading}", "exec"), {"__name__": "example"})  # noqa: S102 - our own page
    assert "doubtful" not in capsys.readouterr().out


def test_there_are_examples_of_every_pattern() -> None:
    assert {heading for heading, _ in named_examples()} >= {
        *["Retry", "Circuit breaker", "Timeout", "Deadline", "Bulkhead", "Rate limit", "Fallback"]
    }


@pytest.mark.parametrize("name", [*resilience.__all__, *events.__all__])
def test_every_public_name_is_on_the_page(name: str) -> None:
    internal = {"tell", "OnEvent", "ResilienceEvent", "Backoff", "CallRefused", "State"}
    assert name in PAGE or name in internal


def test_the_picture_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, DOCS / "make_breaker_picture.py", "--check"], check=False)
    assert done.returncode == 0, "run python docs/make_breaker_picture.py"
