"""SQL of campaigns, of what they ask for, and of their notices."""
