"""Asking for exports, making their files, and removing them in time."""
