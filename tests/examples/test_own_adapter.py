"""The example of an adapter of one's own: built, installed where nothing else is, found by its entry point, and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "own_adapter"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment with the example's wheel, and this project lent from where the tests run."""
    folder = tmp_path_factory.mktemp("clean")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _run(*pip, "wheel", "--no-deps", "--wheel-dir", str(folder / "dist"), str(EXAMPLE))
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = (folder / "dist").glob("*.whl")
    _run(*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    site = Path(_run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    # Installing every dependency anew would take a minute. That the wheel brings its own entry point is what is tested.
    (site / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT / 'src'}\n", encoding="utf-8")
    return python


def _run(*command: str, cwd: Path | None = None, status: int = 0) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    finished = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert finished.returncode == status, finished.stdout + finished.stderr
    return finished


def test_it_stays_under_120_lines() -> None:
    files = [EXAMPLE / "pyproject.toml", EXAMPLE / "maestro_shell.py"]

    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) < 120


def test_it_is_found_by_its_entry_point(python: Path) -> None:
    plugins = json.loads(_run(str(python), "-m", "maestro_fabric", "plugins", "--json").stdout)["plugins"]

    assert [plugin for plugin in plugins if plugin["name"] == "shell"] == [
        {
            "name": "shell",
            "package": "maestro-shell 0.1.0",
            "entry_point": "maestro_shell",
            "adapters": ["shell"],
            "api": [1],
            "hooks": ["maestro_adapters"],
            "problem": "",
        }
    ]


@pytest.mark.parametrize(
    "command",
    [["maestro_fabric", "run", "qa.yaml"], ["pytest", "-p", "no:cacheprovider", "--maestro-config=qa.yaml"]],
    ids=["maestro", "pytest"],
)
def test_its_scripts_run_with_maestro_and_in_pytest(python: Path, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "qa.yaml").write_text((EXAMPLE / "qa.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "scripts").symlink_to(EXAMPLE / "scripts")

    finished = _run(str(python), "-m", *command, cwd=tmp_path)

    assert "1 passed" in finished.stdout
    assert "1 skipped" in finished.stdout


def test_its_own_tests_put_it_to_the_contract(python: Path, tmp_path: Path) -> None:
    tests = tmp_path / "test_contract.py"
    tests.write_text((EXAMPLE / "tests" / "test_contract.py").read_text(encoding="utf-8"), encoding="utf-8")

    finished = _run(str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests), cwd=tmp_path)

    assert "8 passed" in finished.stdout
