"""Writes of findings: entered and changed, led on, given a later day, passed on."""
