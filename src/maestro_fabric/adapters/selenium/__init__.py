"""The adapter ``selenium``: the same journeys as with Playwright, through WebDriver."""
