"""The answer about coverage, made of counts by sector: pure."""

from app.features.counts.queries.reading import Counts
from app.features.progress.coverage.schemas import CoverageOut, SectorCoverage
from app.features.progress.gathering import Question
from app.features.progress.rules import COUNTS, total
from app.features.progress.service import build_counts, key_of
from app.models.vocabulary import Sector


def build_answer(asked: Question, counts: Counts) -> CoverageOut:
    """Return how far a campaign has reached, out of counts by sector."""
    whole = build_counts(total(counts.values(), COUNTS))
    sectors = []
    for sector in Sector:
        here = build_counts(total([counts.get(sector.value, {})], COUNTS))
        if here.inspected.of or here.branches_met.of:
            sectors.append(
                SectorCoverage(
                    sector=sector,
                    activities=here.activities,
                    inspected=here.inspected,
                    branches_met=here.branches_met,
                )
            )
    return CoverageOut(
        campaign_id=asked.campaign.id,
        unit=key_of(asked.unit),
        as_of=asked.day,
        inspected=whole.inspected,
        branches_met=whole.branches_met,
        sectors=sectors,
        sectors_not_reached=[s.sector for s in sectors if not s.activities],
        sectors_not_inspected=[s.sector for s in sectors if not s.inspected.n],
    )
