"""The "three ones" of leading cadres."""
