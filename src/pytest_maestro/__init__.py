"""The pytest plugin: qa.yaml's suites as pytest items, and every attempt in the history."""
