"""Adapters: each runs one kind of suite, and is found by its entry point as a stranger's is."""
