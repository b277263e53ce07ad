from shop.catalogue import PRODUCTS
from shop.stocklist import read_csv, to_csv


def test_what_is_written_can_be_read():
    preview = read_csv(to_csv(PRODUCTS), {product.slug for product in PRODUCTS})

    assert [row["slug"] for row in preview.rows] == [product.slug for product in PRODUCTS]
    assert preview.problems == ()


def test_an_unknown_product_is_reported_with_its_line():
    preview = read_csv("slug,name,price,stock\ntea,Green tea,5.10,7\nbeer,Beer,2.00,9\n", {"tea"})

    assert len(preview.rows) == 1
    assert preview.problems == ("Line 3: there is no product 'beer'.",)


def test_a_file_of_another_kind_is_refused():
    assert read_csv("hello", {"tea"}).problems == ("The first line must be slug,name,price,stock.",)
