"""Roll-ups and timelines over the ledger."""
