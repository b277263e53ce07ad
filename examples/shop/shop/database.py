"""The shop's memory: an SQLite database that lives as long as the process.

Everything that a customer does is tied to a *visitor*, a random token in a cookie: two browsers that are both logged
in as Ada do not see each other's baskets and orders. So tests may use one shop at once.
"""

import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from shop.catalogue import PRODUCTS, Product
from shop.checkout import Checkout
from shop.pricing import Line, Price

_SCHEMA = """
create table products (slug text primary key, name text, shelf text, description text, cents int, stock int);
create table sessions (token text primary key, email text);
create table baskets (visitor text, slug text references products, quantity int, primary key (visitor, slug));
create table wishes (visitor text, slug text references products, position int, primary key (visitor, slug));
create table orders (number integer primary key, visitor text, name text, address text, postcode text, delivery text, gift int, goods int,
                     delivery_cents int);
create table order_lines (number int references orders, slug text, name text, quantity int, cents int);
create table visits (key text primary key);
insert into orders (number) values (1000);
"""


@dataclass(frozen=True, slots=True)
class OrderLine:
    slug: str
    name: str
    quantity: int
    cents: int


@dataclass(frozen=True, slots=True)
class Order:
    number: int
    name: str
    delivery: str
    gift: bool
    price: Price
    lines: tuple[OrderLine, ...]


class Database:
    """Used from one thread: every route is a coroutine, none waits while it holds half a change."""

    def __init__(self) -> None:
        # TestClient and uvicorn run the routes in a thread that is not the one that made the app.
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.executescript(_SCHEMA)
        rows = [(item.slug, item.name, item.shelf, item.description, item.cents, item.stock) for item in PRODUCTS]
        self._connection.executemany("insert into products values (?, ?, ?, ?, ?, ?)", rows)

    def close(self) -> None:
        self._connection.close()

    def products(self) -> list[Product]:
        rows = self._connection.execute("select slug, name, shelf, description, cents, stock from products order by rowid")
        return [Product(*row) for row in rows]

    def product(self, slug: str) -> Product | None:
        return next((product for product in self.products() if product.slug == slug), None)

    # Who is here

    def log_in(self, email: str) -> str:
        token = secrets.token_urlsafe(16)
        self._connection.execute("insert into sessions values (?, ?)", (token, email))
        return token

    def email_of(self, token: str) -> str:
        row = self._connection.execute("select email from sessions where token = ?", (token,)).fetchone()
        return row[0] if row else ""

    def log_out(self, token: str) -> None:
        self._connection.execute("delete from sessions where token = ?", (token,))

    # Basket

    def basket(self, visitor: str) -> list[Line]:
        rows = self._connection.execute("select slug, quantity from baskets where visitor = ? order by rowid", (visitor,)).fetchall()
        by_slug = {product.slug: product for product in self.products()}
        return [Line(by_slug[slug], quantity) for slug, quantity in rows]

    def add(self, visitor: str, slug: str) -> None:
        self._connection.execute("insert into baskets values (?, ?, 1) on conflict do update set quantity = quantity + 1", (visitor, slug))

    def set_quantity(self, visitor: str, slug: str, quantity: int) -> None:
        if quantity > 0:
            self._connection.execute("update baskets set quantity = ? where visitor = ? and slug = ?", (quantity, visitor, slug))
        else:
            self._connection.execute("delete from baskets where visitor = ? and slug = ?", (visitor, slug))

    def empty(self, visitor: str) -> None:
        self._connection.execute("delete from baskets where visitor = ?", (visitor,))

    # Orders

    def place(self, visitor: str, form: Checkout, lines: Sequence[Line], cost: Price) -> int:
        """Turn the basket into an order and give its number."""
        execute = self._connection.execute
        execute("begin")
        number = execute(
            "insert into orders (visitor, name, address, postcode, delivery, gift, goods, delivery_cents) values (?, ?, ?, ?, ?, ?, ?, ?)",
            (visitor, form.name, form.address, form.postcode, form.delivery, form.gift, cost.goods, cost.delivery),
        ).lastrowid
        for line in lines:
            product = line.product
            execute("insert into order_lines values (?, ?, ?, ?, ?)", (number, product.slug, product.name, line.quantity, line.cents))
            execute("update products set stock = max(0, stock - ?) where slug = ?", (line.quantity, product.slug))
        self.empty(visitor)
        execute("commit")
        return int(number or 0)

    def orders(self, visitor: str) -> list[Order]:
        """The visitor's orders, newest first."""
        rows = self._connection.execute(
            "select number, name, delivery, gift, goods, delivery_cents from orders where visitor = ? order by number desc", (visitor,)
        ).fetchall()
        return [Order(row[0], row[1], row[2], bool(row[3]), Price(row[4], row[5]), self._lines(row[0])) for row in rows]

    def _lines(self, number: int) -> tuple[OrderLine, ...]:
        rows = self._connection.execute("select slug, name, quantity, cents from order_lines where number = ? order by rowid", (number,))
        return tuple(OrderLine(*row) for row in rows)

    # Wishes

    def wishes(self, visitor: str) -> list[Product]:
        rows = self._connection.execute("select slug from wishes where visitor = ? order by position", (visitor,)).fetchall()
        by_slug = {product.slug: product for product in self.products()}
        return [by_slug[slug] for (slug,) in rows]

    def wish(self, visitor: str, slug: str) -> None:
        self._connection.execute(
            "insert or ignore into wishes select ?, ?, coalesce(max(position), 0) + 1 from wishes where visitor = ?",
            (visitor, slug, visitor),
        )

    def sort_wishes(self, visitor: str, slugs: Sequence[str]) -> None:
        rows = [(position, visitor, slug) for position, slug in enumerate(slugs)]
        self._connection.executemany("update wishes set position = ? where visitor = ? and slug = ?", rows)

    # Visits

    def is_first_visit(self, key: str) -> bool:
        """Whether nobody has asked with this key since the shop was started."""
        return self._connection.execute("insert or ignore into visits values (?)", (key,)).rowcount == 1
