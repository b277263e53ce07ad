"""`maestro doctor --install-browser` and the driver that Selenium needs, on machines that are folders with programs in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from maestro_fabric.adapters.selenium.drivers import FoundDriver, find_driver
from maestro_fabric.cli import browser_setup
from maestro_fabric.cli.browser_setup import install_driver
from maestro_fabric.cli.machine import examine
from maestro_fabric.errors import PluginError

pytestmark = pytest.mark.needs_selenium

# What a package holds is told by the name of its file.
APT_GET = """#!/bin/sh
case "$*" in *"download chromium-driver"*) echo > "chromium-driver_{version}.deb";; esac
"""
DPKG_DEB = """#!/bin/sh
/bin/mkdir -p "$3/usr/bin"
version=${2##*_}
printf '#!/bin/sh\\necho ChromeDriver %s\\n' "${version%.deb}" > "$3/usr/bin/chromedriver"
/bin/chmod 755 "$3/usr/bin/chromedriver"
"""


class Machine:
    """Programs on the path, and a home."""

    def __init__(self, folder: Path) -> None:
        self.programs, self.home = folder / "programs", folder / "home"
        self.programs.mkdir()
        self.browser = str(self.add("chromium", "#!/bin/sh\necho Chromium 156.0.1.2\n"))
        self.environ = {"PATH": str(self.programs), "HOME": str(self.home)}
        self.said: list[str] = []

    def add(self, name: str, text: str) -> Path:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def add_debian(self, driver: str) -> None:
        self.add("apt-get", APT_GET.replace("{version}", driver))
        self.add("dpkg-deb", DPKG_DEB)

    def install(self) -> str | None:
        return install_driver(self.browser, environ=self.environ, say=self.said.append)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(machine.programs))
    # Selenium Manager looks only at what it has, then.
    monkeypatch.setenv("SE_OFFLINE", "true")
    monkeypatch.setenv("SE_CACHE_PATH", str(tmp_path / "cache"))
    return machine


def test_a_driver_of_the_browsers_version_is_taken_as_it_is(machine: Machine) -> None:
    driver = machine.add("chromedriver", "#!/bin/sh\necho 'ChromeDriver 156.0.8078.79 (abc)'\n")

    assert machine.install() == str(driver)
    assert machine.said == []


def test_debians_driver_is_fetched_and_unpacked_beside_the_one_that_does_not_fit(machine: Machine) -> None:
    old = machine.add("chromedriver", "#!/bin/sh\necho 'ChromeDriver 148.0.1.1 (abc)'\n")
    machine.add_debian("156.0.3.4")

    kept = machine.install()

    assert kept == str(machine.home / ".cache" / "maestro" / "drivers" / "chromedriver")
    assert "ChromeDriver 156.0.3.4" in Path(kept).read_text()
    assert machine.said == ["No driver for this browser yet: fetching Debian's chromium-driver …"]
    checks = {check.name: check for check in examine(store=machine.home / "h.db", executable=None, environ=machine.environ)}
    assert checks["chromedriver"].value.endswith(f"{kept} (from maestro); not used: {old} (from PATH) is version 148, the browser 156")


def test_of_drivers_that_do_not_fit_the_first_is_given_so_that_starting_it_says_why(machine: Machine) -> None:
    old = machine.add("chromedriver", "#!/bin/sh\necho 'ChromeDriver 148.0.1.1 (abc)'\n")
    named = machine.add("mine", "#!/bin/sh\nexit 1\n")

    found = find_driver("chromium", None, machine.environ | {"CHROMEDRIVER": str(named)}, browser=Path(machine.browser))
    of_a_mute_browser = find_driver("chromium", None, machine.environ | {"CHROMEDRIVER": str(old)}, browser=named)

    assert found == FoundDriver(named, "CHROMEDRIVER")
    assert of_a_mute_browser == FoundDriver(old, "CHROMEDRIVER")


def test_a_driver_of_another_version_is_refused_and_what_to_do_is_said(machine: Machine) -> None:
    machine.add_debian("148.0.3.4")

    with pytest.raises(PluginError) as told:
        machine.install()

    first, second, last = str(told.value).splitlines()
    assert first == "fetching Debian's chromium-driver: it is version 148, the browser 156"
    assert second.startswith("asking Selenium Manager: ")
    assert last.startswith("the browser is version 156: no chromedriver was found: run `maestro doctor --install-browser`, or install")
    assert not (machine.home / ".cache").exists()


def test_without_selenium_no_driver_is_wanted(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_setup, "is_installed", lambda name: False)

    assert machine.install() is None
