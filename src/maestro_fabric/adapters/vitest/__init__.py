"""Suites of Vitest: a file is a container, each test in it a case."""
