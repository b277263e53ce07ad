"""A small tea shop: something real to test. ``python -m shop --port 8000`` serves it."""
