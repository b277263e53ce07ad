ADDRESS = {"name": "Ada", "address": "1 Mill Lane", "postcode": "12345", "terms": "on"}


def test_health(customer):
    assert customer.get("/health").json() == {"status": "ok"}


def test_products_can_be_searched(customer):
    assert customer.get("/api/products", params={"q": "saff"}).json() == {
        "products": [{"slug": "saffron", "name": "Saffron", "price": "12.00", "in_stock": False}]
    }


def test_orders_need_a_log_in(customer):
    assert customer.get("/api/orders").status_code == 401


def test_orders_come_newest_first(ada):
    for slug in ("tea", "coffee"):
        ada.post("/basket", data={"slug": slug})
        ada.post("/checkout", data=ADDRESS | {"gift": "on", "delivery": "express"})

    orders = ada.get("/api/orders").json()["orders"]

    assert [order["item"] for order in orders] == ["coffee", "tea"]
    assert orders[1] == {
        "number": 1001,
        "item": "tea",
        "items": [{"item": "tea", "quantity": 1}],
        "gift": True,
        "delivery": "express",
        "total": "14.80",
    }


def test_reviews_of_an_unknown_product_are_not_found(customer):
    assert customer.get("/api/products/beer/reviews").status_code == 404


def test_wishes_keep_the_order_that_was_sent(customer):
    for slug in ("tea", "honey"):
        customer.post("/wishes", data={"slug": slug})

    assert customer.put("/api/wishes", json=["honey", "tea"]).json() == {"wishes": ["honey", "tea"]}
