"""Writes of erasures: one person on request, every person when a campaign's time is over."""
