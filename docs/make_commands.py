"""Write docs/commands.md from the commands, pytest options and hooks themselves."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from maestro_fabric import hookspecs
from maestro_fabric.cli import main as maestro
from pytest_maestro import plugin

TARGET = Path(__file__).parent / "commands.md"
HEAD = """# Commands, options and hooks

<!-- Written by docs/make_commands.py from the code; `make docs` writes it anew. -->

The command is `maestro`, and also `maestro-fabric` and `python -m maestro_fabric`. Inside pytest the same things are
options of pytest.
"""
HIDDEN = "==SUPPRESS=="


def main() -> int:
    """Write the page, or with ``--check`` say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the page is out of date")
    options = parser.parse_args()
    text = commands_page()
    if options.check:
        return int(not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text)
    TARGET.write_text(text, encoding="utf-8")
    return 0


def commands_page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_of_maestro(), *_of_pytest(), *_of_hooks()])


def _of_maestro() -> Iterator[str]:
    context = click.Context(maestro, info_name="maestro")
    for name in maestro.list_commands(context):
        command = maestro.get_command(context, name)
        assert command is not None  # noqa: S101 - the name is from the list
        inner = click.Context(command, info_name=name, parent=context)
        usage = " ".join(command.collect_usage_pieces(inner))
        yield f"## maestro {name}\n"
        yield f"`maestro {name} {usage}`\n"
        yield f"{inspect.cleandoc(command.help or '')}\n"
        options = [parameter for parameter in command.params if isinstance(parameter, click.Option) and not parameter.hidden]
        yield from _table(("option", "meaning"), [_row_of(option, inner) for option in options])


def _row_of(option: click.Option, context: click.Context) -> tuple[str, str]:
    record = option.get_help_record(context)
    assert record is not None  # noqa: S101 - hidden options are left out
    return f"`{record[0]}`", record[1]


def _of_pytest() -> Iterator[str]:
    parser = pytest.Parser(_ispytest=True)
    plugin.pytest_addoption(parser)
    group = parser.getgroup("maestro")
    shown = [option.attrs() | {"names": option.names()} for option in group.options]
    rows = [(f"`{_with_value(option)}`", str(option["help"])) for option in shown if option["help"] != HIDDEN]
    yield "## pytest\n"
    yield from _table(("option", "meaning"), rows)
    yield "The same as keys of pytest's ini file, where an option of the command line wins:\n"
    inis = [(f"`{name}`", str(help_text)) for name, (help_text, *_) in parser._inidict.items()]
    yield from _table(("key", "meaning"), inis)


def _with_value(option: dict[str, object]) -> str:
    names = option["names"]
    assert isinstance(names, list)  # noqa: S101 - it was put there above
    return f"{names[0]}={option['metavar']}" if option.get("metavar") else str(names[0])


def _of_hooks() -> Iterator[str]:
    yield "## Hooks\n"
    yield "A plugin is a module or object in the entry-point group `maestro_fabric`, with functions marked by `hookspecs.hookimpl`.\n"
    for name, function in inspect.getmembers(hookspecs, inspect.isfunction):
        if name.startswith("maestro_"):
            yield f"### {name}({', '.join(inspect.signature(function).parameters)})\n"
            yield f"{inspect.cleandoc(function.__doc__ or '').replace('``', '`')}\n"


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield f"| {head[0]} | {head[1]} |"
        yield "|---|---|"
        yield from (f"| {left} | {right} |".replace("\n", " ") for left, right in rows)
        yield ""


if __name__ == "__main__":
    sys.exit(main())
