"""Fields and query parameters that are public, for callers of the role `website`.

Whatever is not named here is not shown: leaders, findings, opinions, reviews, files, who entered
what, and all that is not accepted or adopted (`docs/decisions/0132-oneself-and-websites.md`).
"""

from typing import Final

_STAMPS: Final = ("revision", "created_at", "updated_at")
_PLACES: Final = ("under", "under_code", "org_id", "org_code", "campaign_id", "campaign_code")
EXPANSIONS: Final = frozenset({"expand"})

ORGANIZATION: Final = frozenset(
    {"id", "code", "name", "short_name", "kind", "sector", "parent_id", "unit_id", "ancestor_ids",
     "division", "sort_order", "opened_on", "closed_on", *_STAMPS}
)  # fmt: skip
ORGANIZATION_FILTERS: Final = frozenset(
    {"kind", "sector", "parent_id", "unit_id", "unit_code", "code", "closed", "q", "under",
     "under_code"}
)  # fmt: skip
CAMPAIGN: Final = frozenset(
    {"id", "code", "name", "status", "root_unit_id", "starts_on", "ends_on", "topics", "checks",
     "talk_modes", "methods", "activity_kinds", "leader_items", "report_kinds", "counts_from",
     "public_feed", *_STAMPS}
)  # fmt: skip
CAMPAIGN_FILTERS: Final = frozenset({"status", "code", "under"})
PROGRESS_FILTERS: Final = frozenset(
    {*_PLACES, "unit_id", "unit_code", "group_by", "requirement_code", "depth", "as_of",
     "known_on"}
)  # fmt: skip
ACTIVITY: Final = frozenset(
    {"id", "campaign_id", "campaign_ids", "org_id", "kind", "title", "held_on", "ended_on",
     "place", "talk_mode", "methods", "topics", "checks", "summary", "members_present",
     "public_present", "person_times", "status", "org", "campaign", *_STAMPS}
)  # fmt: skip
ACTIVITY_FILTERS: Final = EXPANSIONS | {*_PLACES, "kind", "held_from", "held_to"}
REPORT: Final = frozenset(
    {"id", "campaign_id", "org_id", "kind", "title", "author", "reported_on", "selected",
     "adoptions", "body_html", "org", "campaign", *_STAMPS}
)  # fmt: skip
REPORT_FILTERS: Final = EXPANSIONS | {
    *_PLACES, "kind", "selected", "reported_from", "reported_to"
}  # fmt: skip
