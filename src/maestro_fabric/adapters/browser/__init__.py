"""What every browser adapter shares: variables, addresses, comparisons, messages, evidence. No browser is driven here."""
