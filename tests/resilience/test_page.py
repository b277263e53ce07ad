"""docs/resilience: a page for each pattern, whose examples run; its picture is the one that would be drawn; all there is is named."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_fabric import resilience
from maestro_fabric.resilience import events
from qa_text import HEAD, load_text

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in [DOCS / "resilience.md", *sorted((DOCS / "resilience").glob("*.md"))]}
EXAMPLES = [(stem, code) for stem, text in PAGES.items() for code in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
YAML = [(stem, code) for stem, text in PAGES.items() for code in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
PATTERNS = ["retry", "circuit-breaker", "timeout", "deadline", "bulkhead", "rate-limit", "fallback", "policy"]


@pytest.mark.parametrize(("page", "code"), EXAMPLES, ids=[stem for stem, _ in EXAMPLES])
def test_an_example_runs(page: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, f"{page}.md", "exec"), {"__name__": "example"})  # noqa: S102 - our own page
    assert "doubtful" not in capsys.readouterr().out


@pytest.mark.parametrize(("page", "text"), YAML, ids=[stem for stem, _ in YAML])
def test_a_policy_of_the_pages_is_one(page: str, text: str, tmp_path: Path) -> None:
    text = HEAD + "suites: [{name: s, adapter: pytest, paths: [tests]}]\n" + text
    assert load_text(tmp_path, text).config.policies


@pytest.mark.parametrize("name", PATTERNS)
def test_a_page_tells_what_a_pattern_is_for_and_when_not_to_use_it(name: str) -> None:
    page = PAGES[name]

    assert "**What it is for.**" in page
    assert "**When not to use it.**" in page
    assert "```python" in page
    assert f"(resilience/{name}.md)" in PAGES["resilience"]


@pytest.mark.parametrize("name", [*resilience.__all__, *events.__all__])
def test_every_public_name_is_on_the_pages(name: str) -> None:
    internal = {"tell", "OnEvent", "ResilienceEvent", "Backoff", "CallRefused", "State"}
    assert name in "".join(PAGES.values()) or name in internal


def test_the_picture_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, DOCS / "make_breaker_picture.py", "--check"], check=False)
    assert done.returncode == 0, "run python docs/make_breaker_picture.py"
