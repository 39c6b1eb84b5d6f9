"""Party delegates' offices, and what was received there."""
