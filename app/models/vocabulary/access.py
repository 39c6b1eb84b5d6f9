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
    SELF = "self", "本人", "oneself"
    WEBSITE = "website", "网站（公开信息）", "website (what is public)"


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
    PUBLIC = "public", "查看公开信息", "see what is public"
    """See organizations, campaigns, progress, what was accepted and what was adopted."""
    OWN = "own", "查看、填报本人的记录", "own"
    """See and submit the records of one leading cadre: oneself."""
