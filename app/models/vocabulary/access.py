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


class Power(Coded):
    """One thing that a grant can allow within its subtree."""

    VIEW = "view", "查看", "view"
    REPORT = "report", "填报活动记录和报送材料", "report"
    """Submit and edit activities, records and reports."""
    REVIEW = "review", "审核、退回、核实、销号", "review"
    """Accept, return, forward, verify, exempt."""
    ORGANIZE = "organize", "管理组织和主题活动", "organize"
    """Keep the tree, leaders, campaigns and requirements."""
    AUDIT = "audit", "查阅审计记录", "audit"
    """Read the audit trail."""
    SECURE = "secure", "管理接入系统、密钥和授权", "secure"
    """Keep clients, keys and grants."""
