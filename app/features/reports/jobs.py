"""Background work of reports."""

from app.features.reports.service.adopted_texts import keep_missing

__all__ = ["keep_missing"]
