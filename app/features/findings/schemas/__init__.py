"""Shapes of findings and opinions in and out."""
