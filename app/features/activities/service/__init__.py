"""Writes of activities: everything that follows from one is written with it."""
