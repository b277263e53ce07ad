"""The entry point: options, and nothing else until one of them is used. Nothing of the library is imported before."""

from __future__ import annotations

import pytest

__all__: list[str] = []  # pytest finds the hooks by their names

_NEED_A_CONFIG = (
    "maestro_env",
    "maestro_var",
    "maestro_headed",
    "maestro_slow",
    "maestro_pause",
    "maestro_update_visual",
    "maestro_healing",
    "maestro_fail_on_heal",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options and the ini keys of the same names."""
    group = parser.getgroup("maestro", "one YAML file, every test, every attempt remembered")
    group.addoption("--maestro-config", metavar="FILE", help="Run the suites of this qa.yaml (also in ini: maestro_config).")
    group.addoption(
        "--maestro-store", metavar="PLACE", help="The history: a file, or postgresql://user@host/database (also in ini: maestro_store)."
    )
    group.addoption("--maestro-quarantine", metavar="FILE", help="The cases that may fail for a while (also in ini: maestro_quarantine).")
    group.addoption("--maestro-env", metavar="NAME", help="The environment of the config (also in ini: maestro_env).")
    group.addoption(
        "--maestro-var",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="Set a variable of the config; repeatable (also in ini: maestro_var).",
    )
    group.addoption("--maestro-headed", action="store_true", help="Show the browsers.")
    group.addoption(
        "--maestro-update-visual", action="store_true", help="Store the pictures of check_visual steps instead of comparing them."
    )
    group.addoption("--maestro-slow", metavar="TIME", help="Wait after each step, e.g. 500ms.")
    group.addoption(
        "--maestro-healing",
        choices=("off", "propose", "heal"),
        help="What to do with elements whose locator is lost; otherwise healing.mode of the config.",
    )
    group.addoption("--maestro-fail-on-heal", action="store_true", help="A case that passed on a healed locator fails.")
    group.addoption(
        "--maestro-gate", choices=("fail", "warn"), default="fail", help="What a broken gate of the config does; only told with warn."
    )
    group.addoption("--maestro-pause", action="store_true", help="Stop before a failing step, with the inspector.")
    parser.addini("maestro_config", "The qa.yaml whose suites are run, relative to the rootdir.", default="")
    parser.addini("maestro_store", "The history: a file, relative to the rootdir, or postgresql://….", default="")
    parser.addini("maestro_wrap", "Find lost locators of pytest-playwright's page again, as maestro_page does.", type="bool", default=False)
    parser.addini("maestro_quarantine", "The cases that may fail for a while, relative to the rootdir.", default="")
    parser.addini("maestro_env", "The environment of the config.", default="")
    parser.addini("maestro_var", "Variables of the config, NAME=VALUE, one a line.", type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """The mark of a test that names its policy."""
    config.addinivalue_line("markers", "maestro(policy): try this test under a policy of the config given by --maestro-config")


def pytest_pycollect_makemodule(parent: pytest.Collector) -> None:
    """Register the fixtures before the first module that may ask for them: not at once, since each costs every start of pytest."""
    manager = parent.config.pluginmanager
    if not manager.has_plugin("maestro-fixtures"):
        from pytest_maestro import fixtures

        manager.register(fixtures, "maestro-fixtures")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Read the config before pytest looks for conftest files: it says which paths are tested."""
    chosen = early_config.known_args_namespace
    is_asked_for = (
        chosen.maestro_config or chosen.maestro_store or chosen.maestro_quarantine or getattr(chosen, "maestro_stream", None) is not None
    )
    need_a_config = [name for name in _NEED_A_CONFIG if getattr(chosen, name)]
    names_yaml = any(path.partition("::")[0].endswith((".yaml", ".yml")) for path in chosen.file_or_dir)
    in_ini = any(early_config.getini(key) for key in ("maestro_config", "maestro_store", "maestro_quarantine"))
    if is_asked_for or need_a_config or names_yaml or in_ini:
        if chosen.help or chosen.version:
            return
        from pytest_maestro.session import start_session

        session = start_session(early_config, need_a_config=need_a_config)
        if session is not None:
            early_config.pluginmanager.register(session, "maestro-session")
