"""Clients, keys, grants and tokens: who may call, and what they may see and do."""
