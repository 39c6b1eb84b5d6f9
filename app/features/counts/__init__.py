"""What was done, in things and people: kept for every organization, added up over every unit."""
