"""Requests to addresses that callers chose: judged before anything is dialled."""
