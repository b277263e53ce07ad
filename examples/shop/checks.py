"""What is easier to say in Python: ``call`` steps name these functions."""

from typing import Any


def prices_agree(page: Any, variables: dict[str, Any], *, rows: str) -> int:
    """Compare the prices in the admin table with the API's; gives how many there are."""
    shown = {row.locator("td").nth(0).inner_text(): row.locator("td").nth(2).inner_text() for row in page.locator(rows).all()}
    answer = page.request.get(variables["services"]["shop"] + "/api/products").json()
    offered = {product["name"]: product["price"] for product in answer["products"]}
    assert shown == offered
    return len(shown)
