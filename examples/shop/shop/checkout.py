"""The form at the till."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shop.pricing import DELIVERY_CENTS


@dataclass(frozen=True, slots=True)
class Checkout:
    """A filled-in form."""

    name: str
    address: str
    postcode: str
    delivery: str = "standard"
    gift: bool = False
    terms: bool = False

    def problems(self) -> dict[str, str]:
        """What is wrong, by field; empty when the order can be placed."""
        found = {}
        if not self.name:
            found["name"] = "Please tell us your name."
        if not self.address:
            found["address"] = "Please tell us where you live."
        if not re.fullmatch(r"\d{5}", self.postcode):
            found["postcode"] = "A postcode has five digits."
        if self.delivery not in DELIVERY_CENTS:
            found["delivery"] = "Please choose a delivery."
        if not self.terms:
            found["terms"] = "Please accept the terms of sale."
        return found


def read_form(form: Mapping[str, object]) -> Checkout:
    """The checkout that a browser sent."""

    def text(name: str) -> str:
        return str(form.get(name, "")).strip()

    return Checkout(text("name"), text("address"), text("postcode"), text("delivery") or "standard", "gift" in form, "terms" in form)
