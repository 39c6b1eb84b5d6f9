"""Writes and decisions of campaigns: their content, their life, their requirements."""
