"""Guidance and inspection of subordinate organizations, and what follows from it."""
