"""Written submissions upward: written, reviewed level by level, selected, adopted."""
