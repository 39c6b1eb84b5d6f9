"""Mergers and splits of units and branches."""
