"""What the features' sentences mean: calls to the shop over HTTP."""

import os

from behave import given, then, when

ADDRESS = {"name": "Ada Lovelace", "address": "12 St James's Square", "postcode": "12345", "terms": "on"}


@given("Ada has logged in")
def log_in(context):
    password = os.environ.get("SHOP_PASSWORD") or "tea-time"
    context.answer = context.shop.post("/login", data={"email": "ada@example.org", "password": password})
    assert context.answer.status_code == 200, f"logging in was answered with {context.answer.status_code}"


@given('a "{item}" is in the basket')
def has_in_basket(context, item):
    put_in_basket(context, item)
    assert context.answer.status_code == 200, f"the basket was answered with {context.answer.status_code}"


@when('a "{item}" is put in the basket')
def put_in_basket(context, item):
    context.answer = context.shop.post("/basket", data={"slug": item})


@when("the order is placed with {delivery} delivery")
def place_order(context, delivery):
    context.answer = context.shop.post("/checkout", data={**ADDRESS, "delivery": delivery})


@when("the order is placed without an address")
def place_order_without_address(context):
    context.answer = context.shop.post("/checkout", data={**ADDRESS, "address": ""})


@then('the newest order holds {count:d} "{item}"')
def holds(context, count, item):
    context.order = context.shop.get("/api/orders").json()["orders"][0]
    assert context.order["items"] == [{"item": item, "quantity": count}], f"it holds {context.order['items']}"


@then("it costs {total} EUR")
def costs(context, total):
    assert context.order["total"] == total, f"it costs {context.order['total']}"


@then("the shop answers {status:d}")
def answers(context, status):
    assert context.answer.status_code == status, f"it answers {context.answer.status_code}"


@when('I search for "{words}"')
def search(context, words):
    context.answer = context.shop.get("/api/products", params={"q": words})
    context.found = context.answer.json()["products"]


@then("I find {names}")
def find(context, names):
    found = ", ".join(product["name"] for product in context.found) or "nothing"
    assert found == names, f"found {found}"


@then("{name} is sold out")
def is_sold_out(context, name):
    product = next(product for product in context.found if product["name"] == name)
    assert not product["in_stock"], f"{name} is there"


@when('I read the reviews of "{item}"')
def read_reviews(context, item):
    context.answer = context.shop.get(f"/api/products/{item}/reviews")
    context.reviews = context.answer.json()["reviews"]


@then("the first one is by {author}")
def first_author(context, author):
    assert context.reviews[0]["author"] == author, f"it is by {context.reviews[0]['author']}"
