"""Decisions and writes of webhooks."""
