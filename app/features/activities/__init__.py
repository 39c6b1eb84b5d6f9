"""Activities with their findings, opinions and participation."""
