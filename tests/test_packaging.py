"""What is published: a wheel with everything in it, that works without any extra."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Extras and test tools are hidden: what is left is what a plain `pip install pytest-maestro` gives.
WITHOUT_EXTRAS = """
import sys

EXTRAS = {"playwright", "selenium", "xdist", "pandas", "numpy", "httpx", "fastapi", "urllib3", "jsonschema", "PIL", "behave"}

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""

ADAPTERS = ["command", "cucumber", "http", "jest", "playwright", "pytest", "selenium", "vitest"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the build tools that pip fetches."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return next(folder.glob("*.whl"))


def run_without_extras(code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", WITHOUT_EXTRAS + code], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_wheel_holds_both_packages_with_types_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    sources = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")}
    assert sources <= names
    assert {"maestro_fabric/py.typed", "pytest_maestro/py.typed"} <= names
    assert {"maestro_fabric/adapters/jest/reporter.cjs", "maestro_fabric/adapters/vitest/reporter.mjs"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "maestro_fabric/adapters/browser/axe/axe.min.js" in names
    assert (
        len([name for name in names if "/licenses/" in name and name.endswith(("NOTICE", "axe/LICENSE", "axe/LICENSE-3RD-PARTY.txt"))]) == 3
    )


@pytest.mark.slow
def test_the_wheel_brings_no_tests_or_examples_along(wheel: Path) -> None:
    folders = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {name for name in folders if not name.endswith(".dist-info")} == {"maestro_fabric", "pytest_maestro"}


def test_every_entry_point_can_be_loaded_or_says_which_extra_it_needs() -> None:
    ours = [
        entry
        for group in ("maestro_fabric", "pytest11")
        for entry in entry_points(group=group)
        if entry.module.split(".")[0].endswith(("maestro_fabric", "pytest_maestro"))
    ]

    adapters = {"command", "cucumber", "http", "jest", "playwright", "pytest", "selenium", "vitest"}
    assert {entry.name for entry in ours} == {"maestro", *adapters}
    assert all(entry.load() is not None for entry in ours)


def test_the_library_imports_without_extras(tmp_path: Path) -> None:
    finished = run_without_extras(
        "import maestro_fabric.compose, maestro_fabric.cli, maestro_fabric.testing, pytest_maestro.plugin", tmp_path
    )

    assert (finished.returncode, finished.stderr) == (0, "")


def test_adapters_are_listed_without_extras(tmp_path: Path) -> None:
    finished = run_without_extras(
        "from maestro_fabric.plugins import load_plugins\nprint(*(adapter.name for adapter in load_plugins().adapters.values()))", tmp_path
    )

    # Others may be installed here, such as that of examples/own_adapter.
    assert set(ADAPTERS) <= set(finished.stdout.split()), finished.stderr


def test_a_suite_is_recorded_without_extras(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_one():\n    pass\n", encoding="utf-8")
    arguments = ["-q", "-p", "no:xdist", "-p", "no:randomly", "-p", "no:cacheprovider", "--maestro-store=h.db"]
    code = f"import pytest\nsys.exit(pytest.main({arguments!r}))"

    finished = run_without_extras(code, tmp_path)

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert (tmp_path / "h.db").exists()


def test_the_axe_core_that_is_shipped_is_the_published_file() -> None:
    """NOTICE calls it unchanged: this is the sum of ``package/axe.min.js`` in npm's axe-core-4.14.1.tgz."""
    shipped = resources.files("maestro_fabric.adapters.browser") / "axe" / "axe.min.js"

    assert hashlib.sha256(shipped.read_bytes()).hexdigest() == "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
