"""Finds Node and the package of a framework, as Node itself would from the suite's folder; nothing is started."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Framework", "NodeTool", "Unavailable", "find_package", "find_tool", "installed_version"]

NODE_HELP = "install Node 20 or newer (https://nodejs.org), so that `node` is found in PATH"
# Which lock file belongs to which command that installs what it holds.
_INSTALLERS = {
    "package-lock.json": "npm ci",
    "npm-shrinkwrap.json": "npm ci",
    "pnpm-lock.yaml": "pnpm install --frozen-lockfile",
    "yarn.lock": "yarn install --immutable",
}
_ADDERS = {"pnpm-lock.yaml": "pnpm add --save-dev", "yarn.lock": "yarn add --dev"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A package that runs tests.

    Attributes:
        title: What people call it: ``Jest``.
        package: Its name in the registry: ``jest``.
        program: The key of its program in the package's ``bin``.
        oldest: The oldest major version that works.
    """

    title: str
    package: str
    program: str
    oldest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTool:
    """A framework that was found: ``node`` runs ``script``; ``version`` is the package's."""

    node: Path
    script: Path
    version: str

    @property
    def command(self) -> list[str]:
        """What the framework's own arguments follow."""
        return [str(self.node), str(self.script)]


class Unavailable(Exception):
    """Node or the package is missing; the message is one line that ends with what mends it."""


def find_tool(framework: Framework, cwd: Path, environ: Mapping[str, str]) -> NodeTool:
    """Node and the framework's program for a suite in that folder.

    Args:
        framework: What to look for.
        cwd: Where the suite runs; its ``node_modules`` and those of the folders above are looked into.
        environ: Holds ``PATH``.

    Raises:
        Unavailable: when one of them is missing, or too old.
    """
    node = shutil.which("node", path=environ.get("PATH"))
    if node is None:
        raise Unavailable(f"{framework.title} needs Node, and none was found: {NODE_HELP}")
    folder = find_package(framework.package, cwd)
    if folder is None:
        raise Unavailable(f"{framework.title} is not installed for {str(cwd)!r}: run {_mending_command(framework.package, cwd)}")
    manifest = _read_manifest(folder)
    script = _script(manifest, folder, framework.program)
    version = str(manifest.get("version", ""))
    if script is None:
        raise Unavailable(f"{framework.title} in {str(folder)!r} is damaged: run {_mending_command(framework.package, cwd)}")
    major = re.match(r"\d+", version)
    if major is not None and int(major[0]) < framework.oldest:
        command = f"`{_adder(cwd)} {framework.package}@latest`"
        raise Unavailable(
            f"{framework.title} {version} in {str(folder)!r} is too old, {framework.oldest} is needed: run {command} in {str(cwd)!r}"
        )
    return NodeTool(node=Path(node), script=script, version=version)


def find_package(package: str, cwd: Path) -> Path | None:
    """The folder of a package as Node finds it from ``cwd``: in the nearest ``node_modules``, upwards; ``None`` when there is none."""
    candidates = (folder / "node_modules" / package for folder in _upwards(cwd))
    return next((folder for folder in candidates if (folder / "package.json").is_file()), None)


def installed_version(package: str, cwd: Path) -> str | None:
    """The version of a package that a suite in ``cwd`` would use; ``None`` when there is none."""
    folder = find_package(package, cwd)
    return None if folder is None else str(_read_manifest(folder).get("version", "of no version"))


def _script(manifest: Mapping[str, object], folder: Path, program: str) -> Path | None:
    programs = manifest.get("bin")
    path = programs.get(program) if isinstance(programs, dict) else programs
    script = folder / path if isinstance(path, str) else None
    return script if script is not None and script.is_file() else None


def _mending_command(package: str, cwd: Path) -> str:
    """The command that installs it, and where to run it; a package that the project already names only wants installing."""
    home = next((folder for folder in _upwards(cwd) if (folder / "package.json").is_file()), cwd)
    if not _is_named(package, _read_manifest(home)):
        return f"`{_adder(home)} {package}` in {str(home)!r}"
    command = next((command for lock, command in _INSTALLERS.items() if (home / lock).is_file()), "npm install")
    return f"`{command}` in {str(home)!r}"


def _adder(home: Path) -> str:
    return next((command for lock, command in _ADDERS.items() if (home / lock).is_file()), "npm install --save-dev")


def _is_named(package: str, manifest: Mapping[str, object]) -> bool:
    groups = (manifest.get(key) for key in ("dependencies", "devDependencies", "optionalDependencies"))
    return any(isinstance(group, dict) and package in group for group in groups)


def _read_manifest(folder: Path) -> Mapping[str, object]:
    try:
        manifest = json.loads((folder / "package.json").read_text("utf-8"))
    except (OSError, ValueError):
        # Node or npm will say what is wrong with it.
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _upwards(folder: Path) -> Iterator[Path]:
    # As Node sees it: `..` and symbolic links are not in its working directory.
    folder = folder.resolve()
    yield from (folder, *folder.parents)
