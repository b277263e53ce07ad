import pytest
from shop.catalogue import PRODUCTS, search


@pytest.mark.parametrize(
    ("words", "slugs"),
    [
        ("tea", ["tea"]),
        ("COFFEE", ["coffee"]),
        ("honey forest", ["honey"]),
        ("gre", ["tea"]),
        ("een", []),
        ("", [p.slug for p in PRODUCTS]),
    ],
)
def test_search_finds_names_in_which_words_begin(words, slugs):
    assert [product.slug for product in search(PRODUCTS, words)] == slugs


def test_a_shelf_narrows_the_search():
    assert [product.slug for product in search(PRODUCTS, shelf="Kitchen")] == ["pot", "kettle"]
