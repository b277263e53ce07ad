"""Serve the shop: ``python -m shop --port 8000``. ``SHOP_UI`` (v1, v2) and ``SHOP_PASSWORD`` come from the environment.

``SHOP_CHAOS`` makes it misbehave, see `shop.chaos`.
"""

import argparse
import os

import uvicorn

from shop.app import DEFAULT_PASSWORD, create_app
from shop.chaos import live_and_die, protocol_of, read_plan, with_chaos


def main() -> None:
    parser = argparse.ArgumentParser(prog="shop")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    port = options.port
    plan = read_plan(os.environ.get("SHOP_CHAOS", ""))
    if (plan.dies is not None or plan.dies_after_s is not None) and not options.child:
        live_and_die(plan, port, os.environ)
        return
    app = create_app(ui=os.environ.get("SHOP_UI") or "v1", password=os.environ.get("SHOP_PASSWORD") or DEFAULT_PASSWORD)
    served = with_chaos(app, os.environ)
    uvicorn.run(served, host="127.0.0.1", port=port, log_level="info", http=protocol_of(served))


if __name__ == "__main__":
    main()
