"""SQL of leaders and second posts."""
