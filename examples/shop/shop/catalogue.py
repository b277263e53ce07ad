"""What is for sale, and how it is searched."""

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """Something for sale; ``cents`` is the price of one."""

    slug: str
    name: str
    shelf: str
    description: str
    cents: int
    stock: int


SHELVES = ("Drinks", "Sweets", "Kitchen")

PRODUCTS = (
    Product("tea", "Green tea", "Drinks", "Picked in spring, steamed, 100 g.", 490, 1000),
    Product("coffee", "House coffee", "Drinks", "Roasted on Mondays, 250 g.", 850, 1000),
    Product("cocoa", "Dark cocoa", "Drinks", "Nothing but cocoa, 200 g.", 640, 1000),
    Product("honey", "Forest honey", "Sweets", "From the hives behind the shop, 500 g.", 720, 1000),
    Product("biscuits", "Oat biscuits", "Sweets", "A dozen, with butter.", 310, 1000),
    Product("saffron", "Saffron", "Sweets", "A gram goes a long way.", 1200, 0),
    Product("pot", "Porcelain pot", "Kitchen", "Holds six cups & keeps them warm.", 3000, 1000),
    Product("kettle", "Copper kettle", "Kitchen", "Sings when it is done.", 4900, 1000),
)

REVIEWS = {
    "tea": (("Grace", "Tastes like a meadow."), ("Alan", "My afternoon is saved.")),
    "coffee": (("Edsger", "Goto considered; coffee kept."),),
}


def search(products: Iterable[Product], words: str = "", shelf: str = "") -> list[Product]:
    """The products in whose name each of the words begins a word, on the given shelf; order is kept."""
    wanted = words.lower().split()
    return [product for product in products if (not shelf or product.shelf == shelf) and _has_all(product.name, wanted)]


def _has_all(name: str, wanted: list[str]) -> bool:
    parts = re.findall(r"\w+", name.lower())
    return all(any(part.startswith(word) for part in parts) for word in wanted)
