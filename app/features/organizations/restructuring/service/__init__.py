"""Writes of mergers and splits."""
