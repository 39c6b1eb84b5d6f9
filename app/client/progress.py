"""How far a campaign is."""

from collections.abc import Sequence

from app.client.answers import ProgressReport
from app.client.calls import Client
from app.client.names import GroupBy


def read(
    client: Client,
    campaign_code: str,
    *,
    unit_code: str | None = None,
    group_by: GroupBy = "children",
    requirement_codes: Sequence[str] | None = None,
    as_of: str | None = None,
) -> ProgressReport:
    """Return the progress of a unit's subtree, of the unit that the key covers unless given."""
    answer = client.get(
        "/v1/progress",
        {
            "campaign_code": campaign_code,
            "unit_code": unit_code,
            "group_by": group_by,
            "requirement_code": requirement_codes or None,
            "as_of": as_of,
        },
    )
    return ProgressReport.of(client, answer)
