"""The tree of organizations: its lock, its subtrees, and what it was on a past day."""
