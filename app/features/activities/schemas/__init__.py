"""Shapes of activities in and out."""
