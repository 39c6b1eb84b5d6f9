"""SQL of progress: the counters, and what they are on a past day."""
