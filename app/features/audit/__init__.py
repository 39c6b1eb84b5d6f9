"""The audit trail: who did what, when, from where; and the seals that keep it whole."""
