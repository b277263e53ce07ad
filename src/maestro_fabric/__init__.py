"""One YAML file runs, heals and remembers every test a team owns.

From Python::

    result = maestro_fabric.run("qa.yaml")
    config = maestro_fabric.load_config("qa.yaml").config
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maestro_fabric.api import run
    from maestro_fabric.compose import load_config

    __version__: str

__all__ = ["__version__", "load_config", "run"]

# Nothing is imported before it is asked for (PEP 562): the pytest plugin lives in this package's distribution and must cost nothing.
_HOMES = {"run": "maestro_fabric.api", "load_config": "maestro_fabric.compose"}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("pytest-maestro")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
