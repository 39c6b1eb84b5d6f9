"""Dajiatan: a campaign's work, submitted level by level and counted exactly."""

import gc
from typing import Final

__version__ = "1.0.0"

# Most of what is made lives on: a process that starts makes 170,000 objects and gives up 200.
# Looking through them after every 700 new ones, as is the default, takes a quarter of the start.
_NEW_OBJECTS: Final = 20_000

gc.set_threshold(_NEW_OBJECTS, 20, 20)
