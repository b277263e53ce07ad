"""Suites of Gherkin features: cucumber-js in one Node process, behave in one Python process."""
