"""Figures that were issued, kept for ever."""
