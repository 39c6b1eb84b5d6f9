"""Shapes of campaigns, notices and requirements, in and out."""
