"""Journeys on Chromium, Firefox and WebKit by Playwright. Nothing here imports it before a browser is needed."""
