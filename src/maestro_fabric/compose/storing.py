"""Where a run is kept: in a file, and for a team in a database that the file is sent to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from maestro_fabric.compose.config_secrets import fill_text
from maestro_fabric.places import DatabaseUrl, Place, place_of
from maestro_fabric.qa_file import Loaded
from maestro_fabric.system.secrets import Secrets

if TYPE_CHECKING:
    from maestro_fabric.aggregator.push import Pusher

__all__ = ["kept_in", "make_pusher"]


def kept_in(loaded: Loaded, secrets: Secrets) -> Place:
    """The history that a config names, with its secrets.

    Raises:
        ConfigError: when a secret is missing.
        StoreError: when it is no address.
    """
    place = place_of(fill_text(loaded.config.store, secrets))
    return place if isinstance(place, DatabaseUrl) else loaded.root / place


def make_pusher(place: Place | None, local: Path, *, config: Path | None) -> Pusher | None:
    """What sends a run to the team's database; ``None`` when the history is a file.

    Args:
        place: Where the history is kept.
        local: The file that the run is written into.
        config: The qa.yaml that names the place; ``None`` when the command line does.
    """
    if not isinstance(place, DatabaseUrl):
        return None
    # Not above: who has no database does not pay for it.
    from maestro_fabric.aggregator.push import Pusher

    mend = f"maestro push {config}" if config is not None else f"maestro push --from {local} --store {place}"
    return Pusher(local, place, mend=mend)
