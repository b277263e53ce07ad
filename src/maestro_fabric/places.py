"""Where a history is: a file of this machine, or a team's PostgreSQL database."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from maestro_fabric.errors import StoreError

__all__ = ["LOCAL_STORE", "DatabaseUrl", "Place", "is_database_url", "local_of", "place_of", "store_option"]

LOCAL_STORE = ".maestro/history.db"
"""The local history of whoever keeps the team's in a database: results are written here first."""

# One slash is enough: `pathlib.Path` makes one of two, and whoever wraps each store in a path must still reach the database.
_URL = re.compile(r"postgres(?:ql)?:/+", re.IGNORECASE)
_PRIVATE = ("password", "sslpassword")
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """The address of a PostgreSQL database; as text it has no password.

    Attributes:
        url: ``postgresql://user:password@host:port/database?options``, as libpq knows it.
    """

    url: str = field(repr=False)

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        user, at, host = parts.netloc.rpartition("@")
        name, colon, password = user.partition(":")
        shown = f"{name}:{_HIDDEN}" if colon and password else name
        query = urlencode([(key, _HIDDEN if key in _PRIVATE else value) for key, value in parse_qsl(parts.query)], safe="/*")
        return urlunsplit((parts.scheme, f"{shown}{at}{host}", parts.path, query, ""))

    def redact(self, text: str) -> str:
        """The text without the passwords that the address holds."""
        parts = urlsplit(self.url)
        password = parts.netloc.rpartition("@")[0].partition(":")[2]
        private = [password, *(value for key, value in parse_qsl(parts.query) if key in _PRIVATE)]
        for secret in sorted({form for value in private for form in (value, unquote(value))}, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN) if secret else text
        return text


Place = Path | DatabaseUrl


def is_database_url(text: str) -> bool:
    """Whether a text names a database, and no file."""
    return _URL.match(text) is not None


def place_of(store: str | os.PathLike[str] | DatabaseUrl) -> Place:
    """The place that a person named: a PostgreSQL address, or a file.

    Raises:
        StoreError: when it is an address, and none of PostgreSQL.
    """
    if isinstance(store, DatabaseUrl):
        return store
    text = os.fspath(store)
    if not is_database_url(text):
        if "://" in text:
            raise StoreError(f"{text.partition('://')[0]}:// is no history: name a file, or postgresql://user@host/database")
        return Path(text)
    url = _URL.sub("postgresql://", text, count=1)
    try:
        _ = urlsplit(url).port
    except ValueError:
        # Without the text: it may hold a password.
        raise StoreError("the store is no address of a database: postgresql://user@host:port/name is meant") from None
    return DatabaseUrl(url)


def local_of(place: Place, root: Path) -> Path:
    """The file that a run is written into: the place itself, or what lies beside a team's database.

    Args:
        place: Where the history is kept.
        root: The folder that relative files are meant from.
    """
    return root / (LOCAL_STORE if isinstance(place, DatabaseUrl) else place)


def store_option(store: Path) -> str:
    """What a command that is called in this folder must be given to find a local history: `` --store …``, or nothing."""
    here = Path.cwd()
    place = here / store
    if place == here / LOCAL_STORE:
        return ""
    return f" --store {shlex.quote(str(place.relative_to(here) if place.is_relative_to(here) else place))}"
