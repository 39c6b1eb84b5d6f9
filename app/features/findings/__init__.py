"""Findings and opinions: what was found or asked for, and what became of it."""
