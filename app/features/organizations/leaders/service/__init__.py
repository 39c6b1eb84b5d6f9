"""Writes of leaders and second posts."""
