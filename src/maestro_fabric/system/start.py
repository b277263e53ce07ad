"""Runs a module of this package in a bare interpreter: ``python -I -S start.py supervise …``.

The packages around it are put in place without running their ``__init__``, so that a supervisor starts in 30 ms CPU
at most, whatever they come to import.
"""

from __future__ import annotations

import importlib
import os
import sys
import types


def main() -> None:
    """Call ``main(arguments)`` of the module of this package that the first argument names."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  # pathlib would double the start
    for name, folder in (("maestro_fabric", os.path.dirname(here)), ("maestro_fabric.system", here)):  # noqa: PTH120  # as above
        package = types.ModuleType(name)
        package.__path__ = [folder]
        sys.modules[name] = package
    importlib.import_module(f"maestro_fabric.system.{sys.argv[1]}").main(sys.argv[2:])


if __name__ == "__main__":
    main()
