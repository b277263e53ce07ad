"""Node and its packages, looked for in folders made for it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from maestro_fabric.adapters.node.find import Framework, Unavailable, find_tool

JEST = Framework(title="Jest", package="jest", program="jest", oldest=28)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "node").touch(mode=0o755)
    return {"PATH": str(folder)}


def install(folder: Path, package: str, **manifest: object) -> Path:
    home = folder / "node_modules" / package
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "run.js").touch()
    (home / "package.json").write_text(json.dumps(manifest))
    return home


def test_the_nearest_package_above_the_suite_is_taken(tmp_path: Path, environ: dict[str, str]) -> None:
    install(tmp_path, "jest", version="29.0.0", bin={"jest": "./bin/run.js"})
    home = install(tmp_path / "web", "jest", version="30.1.0", bin="./bin/run.js")
    (tmp_path / "web" / "deep").mkdir()
    (tmp_path / "beside").mkdir()

    tool = find_tool(JEST, tmp_path / "web" / "deep", environ)
    beside = find_tool(JEST, tmp_path / "web" / ".." / "beside", environ)

    assert beside.version == "29.0.0"
    assert (tool.version, tool.script) == ("30.1.0", home / "bin" / "run.js")
    assert tool.command == [str(tmp_path / "programs" / "node"), str(home / "bin" / "run.js")]


def test_without_node_the_message_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"Jest needs Node, and none was found: install Node 20 or newer"):
        find_tool(JEST, tmp_path, {"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({}, "npm install --save-dev jest"),
        ({"package.json": "{}", "pnpm-lock.yaml": ""}, "pnpm add --save-dev jest"),
        ({"package.json": '{"devDependencies": {"jest": "^30"}}'}, "npm install"),
        ({"package.json": '{"devDependencies": {"jest": "^30"}}', "package-lock.json": "{}"}, "npm ci"),
        ({"package.json": '{"devDependencies": {"jest": "^30"}}', "yarn.lock": ""}, "yarn install --immutable"),
        ({"package.json": "this is no JSON"}, "npm install --save-dev jest"),
    ],
)
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    tmp_path: Path, environ: dict[str, str], files: dict[str, str], command: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(Unavailable) as caught:
        find_tool(JEST, tmp_path, environ)

    assert str(caught.value) == f"Jest is not installed for {str(tmp_path)!r}: run `{command}` in {str(tmp_path)!r}"


def test_a_package_that_is_too_old_or_damaged_is_not_taken(tmp_path: Path, environ: dict[str, str]) -> None:
    install(tmp_path / "old", "jest", version="26.6.3", bin="bin/run.js")
    install(tmp_path / "bad", "jest", version="30.0.0", bin="bin/gone.js")

    with pytest.raises(Unavailable, match=r"Jest 26\.6\.3 in .* is too old, 28 is needed: run `npm install --save-dev jest@latest`"):
        find_tool(JEST, tmp_path / "old", environ)
    with pytest.raises(Unavailable, match=r"is damaged: run `npm install --save-dev jest`"):
        find_tool(JEST, tmp_path / "bad", environ)


@pytest.mark.needs_node
def test_the_packages_of_these_tests_are_found(node_packages: Path) -> None:
    assert int(find_tool(JEST, node_packages, os.environ).version.split(".")[0]) >= 30
