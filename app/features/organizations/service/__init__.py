"""Writes of units, branches and leaders; what is owed follows in the same transaction."""
