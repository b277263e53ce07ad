"""Money, in cents."""

from collections.abc import Iterable
from dataclasses import dataclass

from shop.catalogue import Product

DELIVERY_CENTS = {"standard": 490, "express": 990}
FREE_DELIVERY_FROM_CENTS = 3000


@dataclass(frozen=True, slots=True)
class Line:
    """A product in a basket, and how many of it."""

    product: Product
    quantity: int

    @property
    def cents(self) -> int:
        return self.product.cents * self.quantity


@dataclass(frozen=True, slots=True)
class Price:
    """What a basket costs."""

    goods: int
    delivery: int

    @property
    def total(self) -> int:
        return self.goods + self.delivery


def price(lines: Iterable[Line], delivery: str = "standard") -> Price:
    """The price of some lines with a kind of delivery; an empty basket costs nothing."""
    goods = sum(line.cents for line in lines)
    return Price(goods, delivery_cents(goods, delivery) if goods else 0)


def delivery_cents(goods: int, delivery: str) -> int:
    """What delivery costs. Express is never free."""
    # A bug on purpose: the shop promises free delivery *from* 30 EUR, so this should be >=. The unit tests miss it,
    # and the journey "delivery is free from 30 EUR" in qa.yaml finds it: that is the demo's failing case.
    if delivery == "standard" and goods > FREE_DELIVERY_FROM_CENTS:
        return 0
    return DELIVERY_CENTS[delivery]


def euros(cents: int) -> str:
    """``490`` gives ``4.90``."""
    return f"{cents // 100}.{cents % 100:02d}"
