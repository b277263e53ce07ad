"""The tutorial, followed as a stranger would: its files are written down and its commands are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support import environ_of_a_user

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text()
CONFIGS = re.findall(r"```yaml\n(.*?)```", TUTORIAL, re.DOTALL)
(PAGE,) = re.findall(r"```html\n(.*?)```", TUTORIAL, re.DOTALL)
(TEST,) = re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)
(JEST,) = re.findall(r"```js\n(.*?)```", TUTORIAL, re.DOTALL)
(FEATURE,) = re.findall(r"```gherkin\n(.*?)```", TUTORIAL, re.DOTALL)
(STEPS,) = re.findall(r"```py\n(.*?)```", TUTORIAL, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, browser_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAESTRO_BROWSER", str(browser_path))
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text(PAGE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_greeting.py").write_text(TEST)
    return tmp_path


@pytest.mark.browser
def test_the_first_journey_passes_and_is_in_the_history(folder: Path) -> None:
    (folder / "qa.yaml").write_text(CONFIGS[0])

    assert "1 passed" in _run(folder, "pytest", "qa.yaml")
    assert "passed" in _run(folder, "maestro_fabric", "runs")
    assert "home::says hello" in _run(folder, "maestro_fabric", "show", "latest", "--json") + _run(
        folder, "maestro_fabric", "history", "says hello"
    )


@pytest.mark.browser
def test_the_changed_expectation_fails_with_its_line_and_what_was_seen(folder: Path) -> None:
    (folder / "qa.yaml").write_text(CONFIGS[0].replace("Hello, Ada!", "Hello, Grace!"))

    shown = _run(folder, "pytest", "qa.yaml")

    assert "1 failed" in shown
    assert f"qa.yaml:{_line('Hello, Ada!')}" in shown


@pytest.mark.browser
def test_parameters_choose_a_case_on_the_command_line(folder: Path) -> None:
    (folder / "qa.yaml").write_text(CONFIGS[1])

    assert "1 passed" in _run(folder, "pytest", "qa.yaml::home::says hello[Ada]")
    assert "3 passed" in _run(folder, "pytest", "qa.yaml", "-n", "2")


@pytest.mark.browser
def test_the_journey_waits_for_the_python_tests(folder: Path) -> None:
    (folder / "qa.yaml").write_text(CONFIGS[2])

    assert "2 passed" in _run(folder, "pytest", "--maestro-config=qa.yaml")

    (folder / "tests" / "test_greeting.py").write_text("def test_names_are_capitalised():\n    assert False\n")

    assert "blocked" in _run(folder, "pytest", "--maestro-config=qa.yaml")


@pytest.mark.browser
@pytest.mark.needs_node
def test_four_frameworks_run_in_one_session(folder: Path, node_packages: Path) -> None:
    files = {"qa.yaml": CONFIGS[3], "web/greeting.test.js": JEST, "features/greeting.feature": FEATURE, "features/steps/page.py": STEPS}
    for name, text in {**files, "web/package.json": "{}"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "web" / "node_modules").symlink_to(node_packages / "node_modules")

    assert "4 passed" in _run(folder, "pytest", "qa.yaml")
    shown = _run(folder, "maestro_fabric", "show", "latest", "--all")
    assert "widgets::greeting.test.js > a name is greeted" in shown
    assert "features::Greeting: the page is there" in shown


def _line(text: str) -> int:
    return CONFIGS[0][: CONFIGS[0].index(text)].count("\n") + 1


def _run(folder: Path, module: str, *arguments: str) -> str:
    environ = environ_of_a_user(MAESTRO_BROWSER=os.environ["MAESTRO_BROWSER"], COLUMNS="160")
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
