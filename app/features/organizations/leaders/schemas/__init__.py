"""Leaders and second posts in and out."""
