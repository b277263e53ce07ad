"""The machine: clock, chance, ids, facts, secrets, services."""
