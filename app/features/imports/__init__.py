"""Files in: tables as people have them, read, planned, and written like anything that is sent."""
