"""Units, branches and leaders: one tree."""
