"""Parameters from a CSV file beside the config."""

from __future__ import annotations

import csv
from pathlib import Path

from maestro_fabric.adapters.browser.evidence import below_root
from maestro_fabric.errors import ConfigError

__all__ = ["read_rows"]


def read_rows(root: Path, path: str) -> list[dict[str, str]]:
    """The rows of a CSV file with a header line, as mappings; empty when there is only the header.

    Raises:
        ConfigError: when it is missing, not below ``root``, not UTF-8, or a row is longer or shorter than the header.
    """
    try:
        with below_root(root, path).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ConfigError(f"{path}: cannot be read as CSV: {exc}") from exc
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise ConfigError(f"{path}: row {number} has not as many values as the header has names")
    return rows
