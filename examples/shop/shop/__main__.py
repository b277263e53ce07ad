"""Serve the shop: ``python -m shop --port 8000``. ``SHOP_UI`` (v1, v2) and ``SHOP_PASSWORD`` come from the environment."""

import argparse
import os

import uvicorn

from shop.app import DEFAULT_PASSWORD, create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="shop")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    app = create_app(ui=os.environ.get("SHOP_UI") or "v1", password=os.environ.get("SHOP_PASSWORD") or DEFAULT_PASSWORD)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="info")


if __name__ == "__main__":
    main()
