from __future__ import annotations

import json
from pathlib import Path

import pytest

from maestro_fabric.adapters.browser import find
from maestro_fabric.adapters.browser.find import FoundBrowser, browser_help, find_browser


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def revision_of(name: str) -> str:
    folder = find._playwright_folder()
    if folder is None:
        return "0"  # a download that nobody drives any more
    listing = folder / "driver" / "package" / "browsers.json"
    return next(entry["revision"] for entry in json.loads(listing.read_text())["browsers"] if entry["name"] == name)


@pytest.fixture
def machine(tmp_path):
    """A machine with every kind of browser."""
    make_program(tmp_path / "bin" / "chromium-headless-shell")
    make_program(tmp_path / "bin" / "chromium")
    downloads = tmp_path / "downloads"
    make_program(downloads / f"chromium_headless_shell-{revision_of('chromium-headless-shell')}" / "chrome-linux" / "headless_shell")
    make_program(downloads / f"chromium-{revision_of('chromium')}" / "chrome-linux64" / "chrome")
    make_program(downloads / f"firefox-{revision_of('firefox')}" / "firefox" / "firefox")
    return {"PATH": str(tmp_path / "bin"), "PLAYWRIGHT_BROWSERS_PATH": str(downloads), "HOME": str(tmp_path)}


def test_configured_browser_comes_first(machine):
    assert find_browser("chromium", "/my/own", {**machine, "MAESTRO_BROWSER": "/other"}) == FoundBrowser(Path("/my/own"), "config")


def test_environments_browser_comes_second(machine):
    assert find_browser("chromium", None, {**machine, "MAESTRO_BROWSER": "/other"}) == FoundBrowser(Path("/other"), "MAESTRO_BROWSER")


@pytest.mark.needs_playwright
def test_playwrights_download_comes_third(machine):
    found = find_browser("chromium", None, machine)

    assert found is not None
    assert (found.path.name, found.source) == ("headless_shell", "playwright")


def test_download_of_another_revision_is_not_taken(machine, tmp_path):
    make_program(tmp_path / "old" / "chromium-1" / "chrome-linux" / "chrome")

    found = find_browser("chromium", None, {**machine, "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "old")})

    assert found == FoundBrowser(tmp_path / "bin" / "chromium", "system")


@pytest.mark.needs_playwright
def test_headed_browser_can_show_a_window(machine, tmp_path):
    found = find_browser("chromium", None, machine, headed=True)

    assert found is not None
    assert found.path.name == "chrome"
    (tmp_path / "bin" / "chromium").unlink()
    assert find_browser("chromium", None, {**machine, "PLAYWRIGHT_BROWSERS_PATH": "/no"}, headed=True) is None


@pytest.mark.needs_playwright
def test_download_in_the_home_is_found(machine, tmp_path):
    Path(machine.pop("PLAYWRIGHT_BROWSERS_PATH")).rename(tmp_path / "moved")
    (tmp_path / ".cache").mkdir()
    (tmp_path / "moved").rename(tmp_path / ".cache" / "ms-playwright")

    found = find_browser("firefox", None, machine)

    assert found is not None
    assert found.source == "playwright"


def test_system_firefox_is_not_taken_since_playwright_drives_only_its_own(machine, tmp_path):
    make_program(tmp_path / "bin" / "firefox")

    assert find_browser("firefox", None, {"PATH": machine["PATH"], "PLAYWRIGHT_BROWSERS_PATH": "0"}) is None


def test_without_any_browser_the_help_says_what_to_do():
    assert find_browser("chromium", None, {"PATH": "/no", "HOME": "/no"}) is None
    assert "python -m playwright install chromium" in browser_help("chromium")
    assert browser_help("webkit") == "no webkit was found: run `python -m playwright install webkit`"
