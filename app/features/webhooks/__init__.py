"""Webhooks: what changed is pushed to the addresses of clients, at least once."""
