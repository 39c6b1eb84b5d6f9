"""The kernel: who owes what by when, and what met it."""
