import pytest

ADDRESS = {"name": "Ada", "address": "1 Mill Lane", "postcode": "12345", "terms": "on"}


@pytest.mark.parametrize("path", ["/orders", "/admin", "/admin/stock.csv"])
def test_a_stranger_is_sent_to_the_log_in(customer, path):
    assert customer.get(path).url.path == "/login"


def test_the_log_in_leads_where_one_wanted_to_go(customer):
    customer.get("/admin")

    assert customer.post("/login", data={"email": "ada@example.org", "password": "tea-time"}).url.path == "/admin"


def test_orders_show_what_was_bought(ada):
    ada.post("/basket", data={"slug": "coffee"})
    ada.post("/checkout", data=ADDRESS)

    assert "1 × House coffee" in ada.get("/orders").text


def test_the_stock_can_be_downloaded(ada):
    answer = ada.get("/admin/stock.csv")

    assert answer.headers["content-disposition"] == 'attachment; filename="stock.csv"'
    assert answer.text.splitlines()[1] == "tea,Green tea,4.90,1000"


def test_an_uploaded_list_is_previewed_and_changes_nothing(ada):
    page = ada.post("/admin/import", files={"file": ("prices.csv", "slug,name,price,stock\ntea,Green tea,5.10,7\n")}).text

    assert "1 rows read, 0 with problems" in page
    assert ada.get("/api/products", params={"q": "tea"}).json()["products"][0]["price"] == "4.90"


def test_logging_out_closes_the_orders(ada):
    ada.post("/logout")

    assert ada.get("/orders").url.path == "/login"
