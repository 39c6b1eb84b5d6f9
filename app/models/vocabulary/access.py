"""Codes of who may do what."""

from app.models.vocabulary.coded import Coded


class Role(Coded):
    """What a grant is given as."""

    VIEWER = "viewer", "查看", "view"
    REPORTER = "reporter", "填报", "report"
    REVIEWER = "reviewer", "审核", "review"
    ORGANIZER = "organizer", "组织", "organize"
    AUDITOR = "auditor", "审计", "audit"
    ADMIN = "admin", "管理", "administer"
