"""Administrative divisions as a tree: a committee for each place, a branch for each village."""

from collections.abc import Sequence
from typing import ClassVar

from app.features.imports.rules.columns import Column
from app.features.imports.rules.divisions.places import COLUMNS
from app.features.imports.service.resources.trees import Organizations
from app.kit.language import Text


class Divisions(Organizations):
    """Files of divisions, in whatever shape: what they say of a place becomes a unit or branch."""

    name: ClassVar[str] = "divisions"
    label: ClassVar = Text("行政区划", "divisions")
    columns: ClassVar[Sequence[Column]] = COLUMNS
