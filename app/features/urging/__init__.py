"""Urging (催办): what is overdue at each subordinate organization, since when, whom to call."""
