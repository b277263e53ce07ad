"""Suites of pytest: collected natively inside pytest, run in one subprocess outside it."""
