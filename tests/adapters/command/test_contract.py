"""What every adapter keeps, kept by programs with a report."""

from __future__ import annotations

from typing import ClassVar

from maestro_fabric.adapters.command.adapter import CommandAdapter
from maestro_fabric.testing import AdapterContract

KINDS = """echo '1..3'
echo 'ok 1 - passes'
echo 'not ok 2 - fails'
echo 'ok 3 - is off # SKIP no bank'
exit 1
"""
SLOW = "echo '1..2'\necho 'ok 1 - quick'\nsleep 60\necho 'ok 2 - slow'\n"
SHOWS = 'echo \'1..1\'\necho "not ok 1 - shows it"\necho "# secret $CONTRACT_SECRET"\necho "secret $CONTRACT_SECRET" >&2\nexit 1\n'


class TestCommand(AdapterContract):
    adapter = CommandAdapter
    suite: ClassVar = {"command": ["sh", "kinds.sh"], "report": {"tap": "-"}}
    outcomes: ClassVar = {"passes": "passed", "fails": "failed", "is off": "skipped"}
    slow_suite: ClassVar = {"command": ["sh", "slow.sh"], "report": {"tap": "-"}}
    quick_case = "quick"
    slow_case = "sh"
    secret_suite: ClassVar = {"command": ["sh", "secret.sh"], "report": {"tap": "-"}}
    files: ClassVar = {"kinds.sh": KINDS, "slow.sh": SLOW, "secret.sh": SHOWS}
    config: ClassVar = {"vars": {"known": "${secret:CONTRACT_SECRET}"}}
