"""`maestro doctor` on machines that lack something: each machine is a folder with programs in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.aggregator.schema import MIGRATIONS
from maestro_fabric.cli.browser_setup import install_browser
from maestro_fabric.cli.doctor import doctor
from maestro_fabric.cli.machine import Check, State, examine
from maestro_fabric.errors import PluginError
from maestro_fabric.system.clock import SystemClock

WORKING = '#!/bin/sh\necho "Chromium 100.0"\n'
BROKEN = "#!/bin/sh\nexit 127\n"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the path of a machine without browsers, drivers, Node or downloads."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "downloads"))
    monkeypatch.delenv("MAESTRO_BROWSER", raising=False)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def look(programs: Path) -> Callable[..., dict[str, Check]]:
    """What `examine` finds, by name."""

    def look_around(*, store: Path = Path("history.db"), **environ: str) -> dict[str, Check]:
        everywhere = {"PATH": str(programs), "PLAYWRIGHT_BROWSERS_PATH": str(programs / "none"), **environ}
        return {finding.name: finding for finding in examine(store=store, executable=None, environ=everywhere)}

    return look_around


def add(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(doctor, arguments)


def test_versions_of_what_the_package_requires_are_shown(look: Callable[..., dict[str, Check]]) -> None:
    findings = look()

    assert findings["Python"].value.startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")
    assert findings["pytest"].value == pytest.__version__
    assert {"pluggy", "pydantic", "pyyaml", "sqlite-utils", "rich", "click", "pytest-maestro"} <= findings.keys()


def test_an_absent_extra_names_the_command_that_installs_it_and_is_no_fault(look: Callable[..., dict[str, Check]]) -> None:
    absent = [finding for finding in look().values() if finding.section == "Extras" and finding.state is State.ABSENT]

    assert {finding.mend for finding in absent} <= {
        f"pip install 'pytest-maestro[{extra}]'" for extra in ("selenium", "analytics", "xdist", "playwright")
    }


def test_an_extra_is_listed_once_though_all_names_it_again(programs: Path) -> None:
    names = [finding["name"] for finding in json.loads(call("--json").stdout)["findings"] if finding["section"] == "Extras"]

    assert sorted(names) == sorted(set(names))
    assert "playwright" in names


@pytest.mark.needs_playwright
def test_a_machine_without_a_browser_is_not_well_and_says_what_to_do(programs: Path) -> None:
    result = call()

    assert result.exit_code == 1
    assert "✗ chromium" in result.stdout
    assert "playwright install chromium" in result.stdout


def test_a_machine_with_a_browser_is_well_and_says_where_it_is_from(programs: Path) -> None:
    path = add(programs, "chromium", WORKING)

    result = call()

    assert result.exit_code == 0
    assert f"Chromium 100.0: {path} (from system)" in result.stdout


def test_a_browser_that_does_not_start_is_a_fault(look: Callable[..., dict[str, Check]], programs: Path) -> None:
    path = add(programs, "chromium", BROKEN)

    finding = look()["chromium"]

    assert finding.state is State.BROKEN
    assert finding.mend == f"run {path} --version to see why"


def test_a_file_that_is_no_program_is_a_fault(look: Callable[..., dict[str, Check]], programs: Path) -> None:
    add(programs, "chromium", "not a program")

    assert look()["chromium"].value.endswith("does not start")


def test_an_extra_that_is_too_old_is_a_fault(
    look: Callable[..., dict[str, Check]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site" / "selenium-3.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: selenium\nVersion: 3.0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    finding = look()["selenium"]

    assert finding.state is State.BROKEN
    assert finding.value.startswith("3.0, but >=")
    assert finding.mend == "pip install 'pytest-maestro[selenium]'"


def test_a_browser_named_in_the_environment_is_shown_as_such(look: Callable[..., dict[str, Check]], tmp_path: Path) -> None:
    path = add(tmp_path, "mine", WORKING)

    assert look(MAESTRO_BROWSER=str(path))["chromium"].value == f"Chromium 100.0: {path} (from MAESTRO_BROWSER)"


def test_drivers_and_node_are_shown_when_they_are_there(look: Callable[..., dict[str, Check]], programs: Path) -> None:
    add(programs, "node", "#!/bin/sh\necho v22.1.0\n")
    add(programs, "geckodriver", BROKEN)

    findings = look()

    assert findings["node"].value == f"v22.1.0: {programs / 'node'}"
    assert findings["npm"].state is State.ABSENT
    assert findings["geckodriver"].value.endswith("does not start")


def test_node_packages_of_the_current_folder_are_shown(look: Callable[..., dict[str, Check]], tmp_path: Path) -> None:
    home = tmp_path / "node_modules" / "jest"
    home.mkdir(parents=True)
    (home / "package.json").write_text('{"version": "30.1.0"}')

    findings = look()

    assert (findings["jest"].state, findings["jest"].value) == (State.OK, "30.1.0")
    assert (findings["vitest"].state, findings["vitest"].value) == (State.ABSENT, "not installed for this folder")


def test_a_program_without_a_version_is_still_shown(look: Callable[..., dict[str, Check]], programs: Path) -> None:
    add(programs, "chromedriver", "#!/bin/sh\nexit 0\n")

    assert look()["chromedriver"].value == f"starts: {programs / 'chromedriver'} (from PATH)"


def test_a_store_that_is_not_there_yet_is_no_fault(look: Callable[..., dict[str, Check]]) -> None:
    finding = look(store=Path("new/folder/history.db"))["history"]

    assert (finding.state, finding.value) == (State.OK, "new/folder/history.db (made by the first run)")


def test_a_store_is_shown_with_its_schema_and_size(look: Callable[..., dict[str, Check]], tmp_path: Path) -> None:
    StoreWriter(tmp_path / "h.db", clock=SystemClock()).close()

    finding = look(store=tmp_path / "h.db")["history"]

    assert finding.state is State.OK
    assert f", schema {MIGRATIONS[-1].version}, " in finding.value
    assert finding.value.endswith("kB")


def test_a_store_that_cannot_be_written_to_is_a_fault(
    look: Callable[..., dict[str, Check]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permissions do not hold for root, so the system's answer is replaced.
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)

    finding = look(store=tmp_path / "h.db")["history"]

    assert finding.state is State.BROKEN
    assert finding.mend == f"make {tmp_path} writable, or name another store with --maestro-store"


def test_a_file_that_is_no_store_is_a_fault_with_a_remedy(look: Callable[..., dict[str, Check]], tmp_path: Path) -> None:
    (tmp_path / "h.db").write_text("this is not a database, and long enough to be looked at as one" * 20, encoding="utf-8")

    finding = look(store=tmp_path / "h.db")["history"]

    assert finding.state is State.BROKEN
    assert finding.mend


def test_the_platform_says_what_is_promised_there(look: Callable[..., dict[str, Check]]) -> None:
    promises = [finding.value for finding in look().values() if finding.section == "Platform"]

    assert len(promises) == 1
    assert "whatever a run starts" in promises[0]


@pytest.mark.needs_playwright
def test_json_holds_every_finding_and_the_verdict(programs: Path) -> None:
    answer = json.loads(call("--json").stdout)

    assert answer["ok"] is False
    assert {"section", "name", "state", "value", "mend"} == set(answer["findings"][0])
    assert [finding["name"] for finding in answer["findings"] if finding["state"] == "broken"] == ["chromium"]


def test_quiet_says_nothing_when_all_is_well(programs: Path) -> None:
    add(programs, "chromium", WORKING)

    assert call("--quiet").stdout == ""


def test_installing_does_nothing_when_a_browser_starts(programs: Path) -> None:
    path = add(programs, "chromium", WORKING)
    said: list[str] = []

    assert install_browser(environ={"PATH": str(programs)}, say=said.append) == str(path)
    assert said == []


def test_installing_refuses_to_guess_past_a_browser_that_was_named(tmp_path: Path) -> None:
    path = add(tmp_path, "mine", BROKEN)

    with pytest.raises(PluginError, match=r"MAESTRO_BROWSER names .*mine.* does not start: correct it"):
        install_browser(environ={"MAESTRO_BROWSER": str(path)}, say=print)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads fail at once, on machines with a network too: nothing listens there."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "https://127.0.0.1:9")


def add_apt_get(programs: Path, *, installs: str) -> Path:
    """An apt-get whose ``install`` brings a working browser of the given name."""
    browser = programs / installs
    act = f"printf '#!/bin/sh\\necho Chromium 100.0\\n' > {browser}; /bin/chmod 755 {browser}"
    add(programs, "apt-get", f'#!/bin/sh\ncase "$*" in *" install "*) {act};; esac\n')
    return browser


@pytest.mark.usefixtures("offline")
def test_installing_says_what_to_do_by_hand_when_nothing_can_be_downloaded(programs: Path) -> None:
    result = call("--install-browser")

    assert result.exit_code == 1
    assert "No working browser yet: downloading Playwright's Chromium …" in result.stderr
    assert "downloading Playwright's Chromium: " in result.stderr
    assert "name one with browser.executable or MAESTRO_BROWSER" in result.stderr


@pytest.mark.usefixtures("offline")
def test_installing_uses_debians_package_when_the_download_fails(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    browser = add_apt_get(programs, installs="chromium-headless-shell")

    result = call("--install-browser")

    assert result.exit_code == 0
    assert "installing Debian's chromium-headless-shell" in result.stderr
    assert f"Chromium 100.0: {browser} (from system)" in result.stdout


@pytest.mark.usefixtures("offline")
def test_installing_first_tries_the_libraries_that_a_browser_lacks(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    add(programs, "chromium", BROKEN)
    add_apt_get(programs, installs="chromium")

    result = call("--install-browser")

    assert result.exit_code == 0
    assert "installing the libraries that the browser needs" in result.stderr
