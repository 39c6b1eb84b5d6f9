"""Shapes of units, branches and leaders in and out."""
