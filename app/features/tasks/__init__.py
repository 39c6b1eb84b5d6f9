"""Tasks: all that an organization or a leading cadre still has to do, in one list."""
