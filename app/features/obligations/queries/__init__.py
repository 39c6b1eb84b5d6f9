"""SQL of the ledger: what is owed, what counts towards it, and how both are read."""
