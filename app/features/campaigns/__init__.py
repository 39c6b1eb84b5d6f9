"""Campaigns: notices, topics, checks, requirements, templates."""
