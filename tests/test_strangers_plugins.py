"""Plugins of others as they are installed: real distributions on the path, most of them broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """
from typing import Literal

from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.model import Case, CaseId
from maestro_fabric.testing import FakeSession

class {kind}Suite(SuiteConfig):
    adapter: Literal["{name}"]

class {kind}:
    name = "{name}"
    api = {api}
    suite_model = {kind}Suite

    def check(self, suite, context):
        return []

    def discover(self, suite, context):
        {discover}

    def open(self, suite, context):
        return FakeSession({{}})

@hookimpl
def maestro_adapters():
    return [{kind}()]

@hookimpl
def maestro_event(event):
    pass
"""
CASES = "return [Case(id=CaseId(context.config.project, suite.name, 'one'))]"
TOO_NEW = "'early' needs version 7 of the adapter interface, this is version 1"


def adapter(name: str, *, api: int = 1, discover: str = CASES) -> str:
    return GOOD.format(kind=name.title(), name=name, api=api, discover=discover)


MODULES = {
    "careful": adapter("careful"),
    "dying": "import sys\nsys.exit('no licence\\nfound')",
    "early": adapter("early", api=7),
    "hollow": "from maestro_fabric.hookspecs import hookimpl\nfrom types import SimpleNamespace\n@hookimpl\ndef maestro_adapters():\n"
    "    return [SimpleNamespace(name='hollow', api=1)]",
    "missing": "import a_module_that_is_absent",
    "pytest": adapter("pytest"),
    "raising": adapter("raising", discover="raise KeyError('index')"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one distribution a module, as pip leaves them."""
    folder = tmp_path_factory.mktemp("site")
    for name, text in MODULES.items():
        (folder / f"strange_{name}.py").write_text(text, encoding="utf-8")
        info = folder / f"strange_{name}-2.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: strange-{name}\nVersion: 2.1\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[maestro_fabric]\n{name} = strange_{name}\n", encoding="utf-8")
    return folder


def maestro(site: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "maestro_fabric", *arguments]
    return subprocess.run(command, cwd=cwd or site, env=environ, capture_output=True, text=True, check=False)


def config(folder: Path, name: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"version: 1\nproject: p\nsuites:\n  - {{name: s, adapter: {name}}}\n", encoding="utf-8")
    return path


def test_each_broken_plugin_is_one_line_with_its_origin_and_the_others_work(site: Path) -> None:
    finished = maestro(site, "plugins", "--json")
    listed = json.loads(finished.stdout)
    mine = {plugin["package"]: plugin for plugin in listed["plugins"] if plugin["package"].startswith("strange-")}

    assert finished.returncode == 1
    assert mine["strange-careful 2.1"] == {
        "name": "careful",
        "package": "strange-careful 2.1",
        "entry_point": "strange_careful",
        "adapters": ["careful"],
        "api": [1],
        "hooks": ["maestro_adapters", "maestro_event"],
        "problem": "",
    }
    assert listed["warnings"] == [
        "the plugin 'dying' of strange-dying 2.1 is left out: SystemExit: no licence",
        f"an adapter of the plugin 'early' is left out: {TOO_NEW}: update pytest-maestro",
        "an adapter of the plugin 'hollow' is left out: SimpleNamespace has no suite_model, check, discover, open",
        "the plugin 'missing' of strange-missing 2.1 is left out: ModuleNotFoundError: No module named 'a_module_that_is_absent'",
        "the plugin 'pytest' of strange-pytest 2.1 is left out: another plugin is called 'pytest' already",
    ]


def test_the_list_for_people_names_version_origin_hooks_and_api(site: Path) -> None:
    lines = maestro(site, "plugins").stdout.splitlines()

    assert any(
        " ".join(line.split()) == "careful strange-careful 2.1 adapter careful (api 1); hook maestro_event (strange_careful)"
        for line in lines
    )
    assert any("broken: another plugin is called 'pytest' already (strange_pytest)" in line for line in lines)
    assert any(line.startswith("pytest ") and "pytest-maestro " in line and "adapter pytest (api 1)" in line for line in lines)


def test_a_config_without_a_broken_adapter_runs_beside_all_of_them(site: Path, tmp_path: Path) -> None:
    finished = maestro(site, "run", str(config(tmp_path, "careful")), cwd=tmp_path)

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "1 passed" in finished.stdout


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("missing", "the plugin 'missing' of strange-missing 2.1 is left out: ModuleNotFoundError"),
        ("early", TOO_NEW),
        ("raising", "the adapter 'raising' broke when it looked for the cases of suite 's': KeyError: 'index'"),
    ],
)
def test_a_config_that_uses_a_broken_adapter_fails_with_its_line_alone(site: Path, tmp_path: Path, name: str, line: str) -> None:
    finished = maestro(site, "plan", str(config(tmp_path, name)), cwd=tmp_path)

    assert finished.returncode == 2
    assert line in finished.stderr
    assert "dying" not in finished.stderr.replace("known: ", "")
    assert "Traceback" not in finished.stderr
