"""The docs say what there is: every command, option, hook, step and key, links that lead somewhere, examples that load."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
import yaml
from pydantic import TypeAdapter

from maestro_fabric.cli import main as maestro
from maestro_fabric.config.models import build_config_type
from maestro_fabric.config.steps import Step
from maestro_fabric.plugins import load_plugins

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SOURCE = ROOT / "src/maestro_fabric"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.fixture
def generators(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.syspath_prepend(str(DOCS))
    import key_meanings
    import step_examples

    return {"examples": step_examples, "meanings": key_meanings}


@pytest.mark.parametrize("script", ["make_reference.py", "make_commands.py"])
def test_a_generated_page_is_up_to_date(script: str) -> None:
    finished = subprocess.run([sys.executable, DOCS / script, "--check"], capture_output=True, text=True, check=False)

    assert finished.returncode == 0, f"run `make docs` and commit what it writes\n{finished.stderr}"


def test_every_step_has_examples_that_the_models_accept(generators: dict[str, ModuleType]) -> None:
    examples = generators["examples"].STEP_EXAMPLES
    steps = [(action, step) for action, example in examples.items() for step in yaml.safe_load(example.yaml)]

    TypeAdapter(list[Step]).validate_python([step for _, step in steps])

    assert examples.keys() == Step.__annotations__.keys()
    assert [action for action, _ in steps] == [next(iter(step)) for _, step in steps]


def test_no_key_of_the_reference_is_without_a_meaning() -> None:
    page = (DOCS / "qa-yaml.md").read_text(encoding="utf-8")

    assert [line for line in page.splitlines() if line.endswith("|  |")] == []


def test_no_meaning_is_kept_for_a_key_that_is_gone(generators: dict[str, ModuleType]) -> None:
    schema = build_config_type(load_plugins().suite_models.values()).model_json_schema(by_alias=True)
    keys = {f"{model}.{key}" for model, definition in (schema["$defs"] | {"Config": schema}).items() for key in definition["properties"]}

    assert {name for name in generators["meanings"].KEY_MEANINGS if "." in name} - keys == set()


def test_every_command_and_option_is_in_the_docs() -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")

    assert [name for name in _commands_and_options() if f"`{name}" not in text and f" {name}" not in text] == []


def _commands_and_options() -> Iterator[str]:
    context = click.Context(maestro, info_name="maestro")
    for name in maestro.list_commands(context):
        command = maestro.get_command(context, name)
        assert command is not None
        yield f"maestro {name}"
        yield from (option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts)


def test_the_ci_page_tells_pytest_s_exit_status_and_gets_a_browser_that_fits() -> None:
    text = (DOCS / "ci.md").read_text(encoding="utf-8")
    _, _, gitlab = text.partition("## GitLab")

    assert f"{int(pytest.ExitCode.USAGE_ERROR)} for a mistake in the file" in text
    assert "maestro doctor --install-browser" in gitlab
    assert re.findall(r"playwright/python:v([\d.]+)-", gitlab) == re.findall(r"playwright==([\d.]+)", gitlab) != []


def test_what_the_limitations_call_not_there_yet_is_not_there() -> None:
    """Who builds one of these takes it off the page."""
    section = (DOCS / "limitations.md").read_text(encoding="utf-8").partition("## Not there yet")[2].partition("\n## ")[0]
    keys = re.findall(r"`([a-z_]+):`", section)

    assert keys != []
    assert set(keys) & build_config_type(load_plugins().suite_models.values()).model_fields.keys() == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    links = [link.partition("#") for link in LINK.findall(_without_code(page))]
    targets = [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in links]

    assert [str(target) for target, _ in targets if not target.exists()] == []
    assert [f"{target.name}#{anchor}" for target, anchor in targets if anchor and anchor not in _anchors(target)] == []


def _without_code(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def _anchors(page: Path) -> set[str]:
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w-]", "", heading.strip().lower().replace(" ", "-")) for heading in headings}


def test_what_a_newcomer_is_told_to_read_is_under_a_thousand_lines() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z/_]+\.py)`", text.partition("Read these in their order")[2].partition("Higher imports lower")[0])

    lines = [line for name in named for line in (SOURCE / name).read_text(encoding="utf-8").splitlines() if line.strip()]

    assert len(named) == 8
    assert len(lines) < 1_000


def test_the_code_for_those_who_come_from_the_older_packages_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("selenium")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS / "migrating.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}

    for block in blocks:
        exec(compile(block, "migrating.md", "exec"), names)  # noqa: S102 - our own page

    assert len(blocks) == 3
    assert names["charge"](7) == "charged 7"  # type: ignore[operator]
    assert names["newest"]["metadata"] == {"browser": "chromium"}  # type: ignore[index]
    assert names["summary"]["pass_rate"] == 1  # type: ignore[index]


def test_public_callables_say_what_they_raise_themselves() -> None:
    files = [file for file in (ROOT / "src").rglob("*.py") if file.parent.name != "cli"]  # a command's docstring is its help

    silent = [f"{file.relative_to(ROOT)}: {name}" for file in files for name in _silent_about_errors(ast.parse(file.read_text("utf-8")))]

    assert silent == []


def _silent_about_errors(node: ast.Module | ast.ClassDef) -> Iterator[str]:
    public = [part for part in node.body if isinstance(part, ast.ClassDef | ast.FunctionDef) and not part.name.startswith("_")]
    for part in public:
        if isinstance(part, ast.ClassDef):
            yield from (f"{part.name}.{name}" for name in _silent_about_errors(part))
        elif any(map(_raises_a_class, ast.walk(part))) and "raise" not in (ast.get_docstring(part) or "").lower():
            yield part.name


def _raises_a_class(node: ast.AST) -> bool:
    """Whether this raises a class by its name; a plain ``raise``, or of a value, tells less."""
    raised = node.exc if isinstance(node, ast.Raise) else None
    called = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(called, ast.Name) and called.id[0].isupper()
