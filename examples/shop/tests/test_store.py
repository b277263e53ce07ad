import pytest
from fastapi.testclient import TestClient
from shop.app import create_app

ADDRESS = {"name": "Ada", "address": "1 Mill Lane", "postcode": "12345", "terms": "on"}


def test_two_customers_have_two_baskets(app, customer):
    other = TestClient(app)

    customer.post("/basket", data={"slug": "tea"})

    assert "Green tea" in customer.get("/basket").text
    assert "Your basket is empty" in other.get("/basket").text


def test_a_second_one_raises_the_quantity(customer):
    customer.post("/basket", data={"slug": "tea"})

    assert 'value="2"' in customer.post("/basket", data={"slug": "tea"}).text


def test_quantity_zero_removes_the_line(customer):
    customer.post("/basket", data={"slug": "tea"})

    assert "Your basket is empty" in customer.post("/basket/tea", data={"quantity": "0"}).text


def test_what_is_sold_out_cannot_be_bought(customer):
    assert customer.post("/basket", data={"slug": "saffron"}).status_code == 409


def test_an_order_empties_the_basket_and_has_a_number(customer):
    customer.post("/basket", data={"slug": "tea"})

    assert 'Your order is number <strong id="order-number">1001</strong>' in customer.post("/checkout", data=ADDRESS).text
    assert "Your basket is empty" in customer.get("/basket").text


def test_an_order_with_a_bad_postcode_is_not_placed(customer):
    customer.post("/basket", data={"slug": "tea"})

    answer = customer.post("/checkout", data=ADDRESS | {"postcode": "12"})

    assert answer.status_code == 422
    assert "A postcode has five digits." in answer.text


def test_what_people_type_is_escaped(customer):
    assert "<script>alert" not in customer.get("/", params={"q": "<script>alert(1)</script>"}).text


def test_a_wrong_password_is_refused(customer):
    assert customer.post("/login", data={"email": "ada@example.org", "password": "guess"}).status_code == 403


def test_the_deal_fails_the_first_time_for_each_key(customer):
    pages = [customer.get("/deal", params={"key": key}).text for key in ("a", "a", "b")]

    assert ["could not be loaded" in page for page in pages] == [True, False, True]


@pytest.mark.parametrize(
    "path", ["/", "/products/tea", "/basket", "/login", "/wishes", "/delivery", "/delivery-map", "/terms", "/deal", "/slow?ms=0"]
)
@pytest.mark.parametrize("ui", ["v1", "v2"])
def test_both_front_ends_have_every_page(ui, path):
    assert TestClient(create_app(ui=ui)).get(path).status_code == 200


def test_only_the_old_front_end_wraps_gifts():
    clients = [TestClient(create_app(ui=ui)) for ui in ("v1", "v2")]

    forms = [client.post("/basket", data={"slug": "tea"}) and client.get("/checkout").text for client in clients]

    assert ["gift" in form for form in forms] == [True, False]


def test_an_unknown_front_end_is_refused():
    with pytest.raises(ValueError, match="SHOP_UI='v3' is none of"):
        create_app(ui="v3")
