"""What is particular of each resource that a table may have, and all of them by name.

Each writes through the service that single requests and batches go through, so whatever follows
from a record follows here, too.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from app.features.imports.service.resources.activities import Activities
from app.features.imports.service.resources.base import Resource
from app.features.imports.service.resources.divisions import Divisions
from app.features.imports.service.resources.findings import Findings
from app.features.imports.service.resources.leaders import Leaders
from app.features.imports.service.resources.organizations import Branches, Units
from app.features.imports.service.resources.trees import Organizations
from app.features.imports.service.resources.written import LeaderRecords, Reports

_ALL: Final[Sequence[Resource]] = (
    Activities(),
    Branches(),
    Divisions(),
    Findings(),
    LeaderRecords(),
    Leaders(),
    Organizations(),
    Reports(),
    Units(),
)

RESOURCES: Final[Mapping[str, Resource]] = {resource.name: resource for resource in _ALL}
"""Every resource that tables may have."""
