"""The stock list as CSV, out and in."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from shop.catalogue import Product
from shop.pricing import euros

COLUMNS = ("slug", "name", "price", "stock")


def to_csv(products: Iterable[Product]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows((product.slug, product.name, euros(product.cents), product.stock) for product in products)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Preview:
    """What an uploaded list would change; nothing is changed by reading it."""

    rows: tuple[dict[str, str], ...]
    problems: tuple[str, ...]


def read_csv(text: str, known: set[str]) -> Preview:
    """The rows of known products, and a line for each other one."""
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        return Preview((), (f"The first line must be {','.join(COLUMNS)}.",))
    rows, problems = [], []
    for row in reader:
        if row["slug"] in known:
            rows.append(row)
        else:
            problems.append(f"Line {reader.line_num}: there is no product {row['slug']!r}.")
    return Preview(tuple(rows), tuple(problems))
