"""Dajiatan: a campaign's work, submitted level by level and counted exactly."""
