"""Background work as callers see it: what became of the jobs that they caused."""
