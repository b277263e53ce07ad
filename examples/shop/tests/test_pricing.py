import pytest
from shop.catalogue import PRODUCTS
from shop.pricing import Line, euros, price

BY_SLUG = {product.slug: product for product in PRODUCTS}


def test_an_empty_basket_costs_nothing():
    assert price([]).total == 0


def test_delivery_is_added_to_a_small_order():
    cost = price([Line(BY_SLUG["tea"], 2)])

    assert (cost.goods, cost.delivery, cost.total) == (980, 490, 1470)


def test_delivery_is_free_for_a_large_order():
    assert price([Line(BY_SLUG["kettle"], 1)]).delivery == 0


def test_express_is_never_free():
    assert price([Line(BY_SLUG["kettle"], 1)], "express").delivery == 990


@pytest.mark.parametrize(("cents", "text"), [(0, "0.00"), (5, "0.05"), (490, "4.90"), (123456, "1234.56")])
def test_money_has_two_decimals(cents, text):
    assert euros(cents) == text
