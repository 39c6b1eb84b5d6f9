"""Writes of inspections: entered and corrected by who inspected; what must follow, to its end."""
