"""Writes of reports, and their answers."""
