"""Each scenario is a visitor of its own."""

import os

import httpx


def before_scenario(context, scenario):
    context.shop = httpx.Client(base_url=os.environ["MAESTRO_SERVICE_SHOP_URL"], follow_redirects=True)


def after_scenario(context, scenario):
    context.shop.close()


def after_step(context, step):
    if step.status == "failed" and "answer" in context:
        context.attach(context.answer.headers.get("content-type", "text/plain"), context.answer.content)
