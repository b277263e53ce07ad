"""What is taken from inside Playwright is there in the installed version."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys

import pytest

from maestro_fabric.adapters.playwright.driver import Watch, acquire_driver
from maestro_fabric.system.process_table import SystemProcesses


@pytest.mark.browser
def test_driver_process_is_known_and_a_child_of_ours():
    driver = acquire_driver(SystemProcesses())
    try:
        driver.run(lambda browsers: browsers.playwright.devices, Watch())

        assert driver._process in SystemProcesses().below(os.getpid()), importlib.metadata.version("playwright")
    finally:
        driver.release()


KILLED_DRIVER = """
import contextlib, os, signal
from playwright.sync_api import sync_playwright
from maestro_fabric.adapters.playwright import internals
manager = sync_playwright()
playwright = manager.start()
internals.accept_end_of_driver(manager)
os.kill(internals.driver_pid(manager), signal.SIGKILL)
for call in (playwright.request.new_context, playwright.stop):
    with contextlib.suppress(Exception):
        call()
"""


@pytest.mark.browser
def test_end_of_the_driver_is_not_told_by_asyncio():
    done = subprocess.run([sys.executable, "-c", KILLED_DRIVER], capture_output=True, text=True, check=True)

    assert done.stderr == ""


@pytest.mark.browser
def test_error_of_the_work_reaches_the_caller():
    driver = acquire_driver(SystemProcesses())
    try:
        with pytest.raises(ZeroDivisionError):
            driver.run(lambda browsers: 1 // 0, Watch())
    finally:
        driver.release()


def test_loading_the_plugin_imports_no_playwright():
    script = "import sys, maestro_fabric.adapters.playwright.plugin as p; p.maestro_adapters(); print('playwright' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
