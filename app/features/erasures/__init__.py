"""Erasure of a person on request, and of every person once a campaign's records are old enough."""
