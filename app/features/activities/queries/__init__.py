"""SQL of activities."""
