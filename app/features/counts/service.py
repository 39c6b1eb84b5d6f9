"""Counts of work follow the records and the tree.

Events mark by themselves whose records they change (`app.events.uncounted`); whoever changes what
is counted elsewhere than at the organization of its event calls `insert_marks`; whoever moves or
deletes an organization says so under the structure lock.
"""

from app.events.uncounted import insert_marks
from app.features.counts.queries.folding import fold, forget, shift, shift_branches
from app.features.counts.queries.verifying import find_discrepancies

__all__ = ["find_discrepancies", "fold", "forget", "insert_marks", "shift", "shift_branches"]
