"""Writes of clients, keys, grants and tokens."""

from app.features.accounts.service.founding import initialise

__all__ = ["initialise"]
