"""Two releases of a program: installed once, each into a folder of its own, and served on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

__all__ = ["PAIRS", "Pair", "Release", "Which", "install", "read_pair", "serve"]

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
PAIRS = tuple(sorted(folder.name for folder in (HERE / "pairs").iterdir() if (folder / "labels.yaml").exists()))

Which = Literal["old", "new"]

_UP_WITHIN_S = 40.0
_STOP_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release.

    Attributes:
        version: Its number.
        python: Interpreters that it runs on, as ``3.11``, the preferred one first; empty for packages of npm.
        npm: Packages of npm by name, with the main one first.
    """

    version: str
    python: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A program in two releases, with our journeys and labels beside it.

    Attributes:
        name: Its folder.
        program: What people call it.
        project: What its journeys are called in the history.
        start: A path that answers when it is up.
        old: The release that the journeys are written for.
        new: The one that they are run against.
    """

    name: str
    program: str
    project: str
    start: str
    old: Release
    new: Release

    @property
    def folder(self) -> Path:
        """Where its journeys and labels stand."""
        return HERE / "pairs" / self.name

    def release(self, which: Which) -> Release:
        """One of the two."""
        return self.old if which == "old" else self.new


def read_pair(name: str) -> Pair:
    """A pair, from the head of its ``labels.yaml``."""
    given = yaml.safe_load((HERE / "pairs" / name / "labels.yaml").read_text(encoding="utf-8"))
    old, new = (
        Release(
            version=str(given[which]["version"]),
            python=tuple(map(str, given[which].get("python", ()))),
            npm=tuple(given[which].get("npm", ())),
        )
        for which in ("old", "new")
    )
    return Pair(name=name, program=given["program"], project=name.replace("_", "-"), start=given["start"], old=old, new=new)


def install(pair: Pair, which: Which, *, cache: Path = CACHE) -> Path:
    """The folder of an installed release; a second time costs nothing.

    Raises:
        SystemExit: when it cannot be had here, with the reason.
    """
    release = pair.release(which)
    folder = cache / f"{pair.name}-{which}"
    stamp = folder / f".installed-{release.version}"
    if stamp.exists():
        return folder
    print(f"  installing {pair.program} {release.version} …", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (cache / ".gitignore").write_text("*\n", encoding="utf-8")
    if release.npm:
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        _run(
            ["npm", "install", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error", *release.npm],
            cwd=folder,
        )
    else:
        _run([_interpreter(release), "-m", "venv", str(folder)], cwd=cache)
        requirements = pair.folder / f"requirements-{which}.txt"
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # Some old releases import pkg_resources or distutils, which only setuptools still has.
        _run([*pip, "setuptools<81"], cwd=cache)
        # The list is complete; the resolver would refuse old releases whose neighbours have moved on.
        _run([*pip, "--no-deps", "--requirement", str(requirements)], cwd=cache)
    stamp.touch()
    return folder


@contextlib.contextmanager
def serve(pair: Pair, which: Which, *, cache: Path = CACHE) -> Iterator[str]:
    """Serve a release with fresh data while the block runs; gives its address.

    Raises:
        SystemExit: when it does not come up.
    """
    folder = install(pair, which, cache=cache)
    port = _free_port()
    with tempfile.TemporaryDirectory() as data:
        log = Path(data) / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                _command(pair, which, folder, port, Path(data)),
                cwd=data,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"},
            )
        try:
            _wait_until_up(f"http://127.0.0.1:{port}{pair.start}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(pair: Pair, which: Which, folder: Path, port: int, data: Path) -> list[str]:
    if pair.release(which).npm:
        page = pair.folder / f"{which}.html"
        page = page if page.exists() else pair.folder / "page.html"
        return [sys.executable, str(HERE / "static.py"), str(port), str(page), str(folder / "node_modules")]
    return [str(folder / "bin" / "python"), str(pair.folder / "serve.py"), str(port), str(data)]


def _interpreter(release: Release) -> str:
    """An interpreter that the release runs on: this one, one on the path, or one of pyenv's."""
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    for wanted in release.python:
        if wanted == mine:
            return sys.executable
        pyenv = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{wanted}.*/bin/python"))
        found = str(pyenv[-1]) if pyenv else shutil.which(f"python{wanted}")
        if found:
            return found
    raise SystemExit(f"no Python {' or '.join(release.python)} here for release {release.version}")


def _run(command: list[str], *, cwd: Path) -> None:
    finished = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if finished.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {finished.returncode}\n{(finished.stdout + finished.stderr)[-2000:]}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  an address of our own
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
