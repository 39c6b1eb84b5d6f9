"""Leaders and their second posts."""
