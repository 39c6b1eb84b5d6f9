"""Writes of leader records: derived from activities, or submitted directly."""
