"""What is due soon, overdue, or so long overdue that the superior is told."""
