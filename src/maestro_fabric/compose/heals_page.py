"""Writes the page of a run's lost elements beside its evidence."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from maestro_fabric.errors import StoreError
from maestro_fabric.folders import make_folder
from maestro_fabric.places import store_option

__all__ = ["write_heals_page"]

_NAME = "heals.html"


def write_heals_page(store: Path, run_id: str, folder: Path) -> Path | None:
    """The page, written into the run's folder; ``None`` when no element was lost, or it cannot be written.

    Args:
        store: The history's file, which has the run already.
        run_id: The run.
        folder: The run's folder.
    """
    # Not above: few runs lose an element.
    from maestro_fabric.aggregator.heals import heal_rows
    from maestro_fabric.aggregator.report.heals import picture_of, render_heals

    # A page that cannot be written must not cost the run's verdict: `maestro heal report` writes it later.
    with suppress(StoreError, OSError):
        rows = heal_rows(store, where="run.run_id = ?", values=(run_id,))
        if rows:
            make_folder(folder)
            page = folder / _NAME
            page.write_text(render_heals(rows, run_id=run_id, picture=picture_of, option=store_option(store)), encoding="utf-8")
            return page
    return None
