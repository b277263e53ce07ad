import pytest
from shop.checkout import Checkout, read_form

FILLED = {"name": "Ada", "address": "1 Mill Lane", "postcode": "12345", "terms": "on"}


def test_a_complete_form_has_no_problems():
    assert read_form(FILLED).problems() == {}


@pytest.mark.parametrize("field", ["name", "address", "postcode", "terms"])
def test_each_missing_field_is_named(field):
    form = {name: value for name, value in FILLED.items() if name != field}

    assert set(read_form(form).problems()) == {field}


@pytest.mark.parametrize("postcode", ["1234", "123456", "1234a"])
def test_a_postcode_has_five_digits(postcode):
    assert "postcode" in Checkout("Ada", "1 Mill Lane", postcode, terms=True).problems()
