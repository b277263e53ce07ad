"""The command ``maestro``. A subcommand's module is imported when it is called, so that ``maestro --help`` is quick."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import click

from maestro_fabric.garbage import collector_paused

__all__ = ["main"]


class _Listed(NamedTuple):
    """Where a subcommand is, and its line in the help."""

    module: str
    help: str


_COMMANDS = {
    "run": _Listed("run", "Run the suites of a config."),
    "plan": _Listed("files", "Show what would be run, and how long it can take."),
    "validate": _Listed("files", "Check a config; say everything that is wrong with it."),
    "schema": _Listed("files", "Print the JSON Schema of qa.yaml, for editors."),
    "runs": _Listed("history", "List the runs in the history."),
    "show": _Listed("history", "Show one run."),
    "history": _Listed("history", "Show what became of a case over time."),
    "heal": _Listed("heal", "See, write into the file, or reject what was found for lost elements."),
    "flaky": _Listed("answers", "List the flaky cases, with the evidence."),
    "slowest": _Listed("answers", "List the cases that became slower, and the slowest."),
    "trends": _Listed("answers", "Show how pass rate and durations develop."),
    "compare": _Listed("answers", "List what two runs judge differently."),
    "clusters": _Listed("answers", "Group a run's failures by cause."),
    "report": _Listed("answers", "Write a report of a run as HTML or Markdown."),
    "gate": _Listed("gate", "Judge a run by the gates of a config."),
    "quarantine": _Listed("quarantine", "Keep the cases that may fail for a while."),
    "alias": _Listed("alias", "Let a case keep its history under a new name."),
    "renames": _Listed("alias", "Propose which cases were renamed."),
    "push": _Listed("push", "Send runs that a team's database does not have yet."),
    "merge": _Listed("upkeep", "Make one history of several."),
    "prune": _Listed("upkeep", "Remove old results from the history; the counts of their runs stay."),
    "recover": _Listed("upkeep", "End the runs whose process was killed."),
    "doctor": _Listed("doctor", "Show what this machine has, and what to do about what it lacks."),
    "plugins": _Listed("installed", "List the plugins and the adapters that they bring."),
}


class _LazyGroup(click.Group):
    """A group that knows its subcommands before it imports them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of a person's work."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand, imported now; ``None`` for an unknown name."""
        listed = _COMMANDS.get(cmd_name)
        if listed is None:
            return None
        with collector_paused():  # what an import makes stays, and to look through it takes a tenth of a start
            commands: list[click.Command] = import_module(f"{__name__}.{listed.module}").COMMANDS
        return next(command for command in commands if command.name == cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed.help) for name, listed in _COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand that is called; an unknown one is told with the nearest name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as exc:
            from maestro_fabric.config.nearest import did_you_mean

            hint = did_you_mean(args[0], list(_COMMANDS))
            raise click.UsageError(f"{exc.message.rstrip('.')}{': ' + hint if hint else ''}", ctx) from None


def _print_version(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        from maestro_fabric import __version__

        click.echo(f"maestro {__version__}")
        ctx.exit()


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version and exit.")
def main() -> None:
    """One YAML file runs, heals and remembers every test a team owns."""
