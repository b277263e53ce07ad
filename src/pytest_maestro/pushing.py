"""Which team's database a session's run is sent to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maestro_fabric.errors import MaestroError
from pytest_maestro.options import Options

if TYPE_CHECKING:
    from maestro_fabric.aggregator.push import Pusher
    from maestro_fabric.compose import Prepared

__all__ = ["find_pusher"]


def find_pusher(options: Options, prepared: Prepared | None, store: Path) -> Pusher | None:
    """What sends the run to the database that the command line, or else the config, names; ``None`` when the history is a file.

    Args:
        options: The plugin's options.
        prepared: The config; ``None`` without one.
        store: The file that the run is written into.

    Raises:
        UsageError: when a secret of the address is missing, or it is no address.
    """
    place, config = options.database, None
    if options.store is None and prepared is not None:
        config = prepared.loaded.path
        try:
            found = prepared.place
        except MaestroError as exc:
            raise pytest.UsageError(str(exc)) from None
        place = None if isinstance(found, Path) else found
    if place is None:
        return None
    from maestro_fabric.compose.storing import make_pusher

    return make_pusher(place, store, config=config)
