"""SQL of what is followed."""
