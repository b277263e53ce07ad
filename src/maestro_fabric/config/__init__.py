"""The shape of qa.yaml, and what can be said of a config without running it."""
