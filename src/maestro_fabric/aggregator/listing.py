"""Rows as a list that notebooks show as a table, and that becomes a pandas frame on demand."""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Rows"]

T = TypeVar("T")

_SHOWN = 50


class Rows(list[T]):
    """A list of rows, which are dataclasses."""

    def to_frame(self) -> pd.DataFrame:
        """The rows as a pandas frame, one column a field; without columns when there is no row.

        Raises:
            ImportError: when pandas is not installed: ``pip install 'pytest-maestro[analytics]'``.
        """
        try:
            import pandas as pd  # not at the top: it takes a second, and only notebooks want it
        except ImportError as error:
            raise ImportError("frames need pandas: pip install 'pytest-maestro[analytics]'") from error
        return pd.DataFrame([_fields(row) for row in self])

    def _repr_html_(self) -> str:
        if not self:
            return "<p>none</p>"
        shown = [_shown(row) for row in self[:_SHOWN]]
        names = [name for name in shown[0] if any(row[name] not in ("", None, (), [], {}) for row in shown)]
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join(f"<tr>{''.join(f'<td>{_text(row[name])}</td>' for name in names)}</tr>" for row in shown)
        rest = f"<p>and {len(self) - _SHOWN} more</p>" if len(self) > _SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"


def _fields(row: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)} if is_dataclass(row) else dict(row)


def _shown(row: Any) -> dict[str, Any]:
    """What a table has of a row: all of it, or what the row itself says a person wants to see."""
    return dict(row.in_short()) if hasattr(row, "in_short") else _fields(row)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (tuple, list)):
        return escape(", ".join(str(item) for item in value))
    if is_dataclass(value) and not isinstance(value, type):
        return escape(str(asdict(value)))
    return "" if value is None else escape(str(value))
