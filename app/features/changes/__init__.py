"""What changed, for those who follow: feeds."""
