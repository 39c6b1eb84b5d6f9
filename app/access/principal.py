"""The caller: a client or a person, with the grants that say where it may do what."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from app.kit.ids import is_within
from app.models.vocabulary import Power, Role

__all__ = ["POWERS", "Power", "Principal", "Scope"]

POWERS: Final[dict[Role, frozenset[Power]]] = {
    Role.VIEWER: frozenset({Power.VIEW}),
    Role.REPORTER: frozenset({Power.VIEW, Power.REPORT}),
    Role.REVIEWER: frozenset({Power.VIEW, Power.REVIEW}),
    Role.ORGANIZER: frozenset({Power.VIEW, Power.REPORT, Power.REVIEW, Power.ORGANIZE}),
    Role.AUDITOR: frozenset({Power.AUDIT}),
    Role.ADMIN: frozenset({Power.VIEW, Power.REPORT, Power.REVIEW, Power.ORGANIZE, Power.SECURE}),
    Role.SELF: frozenset({Power.OWN}),
    Role.WEBSITE: frozenset({Power.PUBLIC}),
}
"""No role both acts and reads the audit trail, and nobody at all can change the trail
(`docs/decisions/0010-powers-and-roles.md`)."""
_WORKING: Final = frozenset({Power.REPORT, Power.REVIEW})
"""Powers with which somebody works on what has not been handed in yet."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One grant in force: a role over the subtree at `path`, or what a token left of it."""

    role: Role
    org_id: UUID
    path: str
    powers: frozenset[Power] | None = None
    """What is left of the role's powers; None: all of them."""
    leader_id: UUID | None = None
    """Whose records it is about, of the role `self`: nobody else's."""
    inherited: bool = False
    """Sight of an organization of before, which its successor has: no grant of its own."""

    @property
    def held(self) -> frozenset[Power]:
        """The powers in force over the subtree."""
        every = POWERS[self.role]
        return every if self.powers is None else every & self.powers

    def allows(self, power: Power) -> bool:
        """Return whether the power is in force."""
        return power in self.held


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. `name` tells one client or person from every other."""

    name: str
    client_id: UUID | None
    scopes: tuple[Scope, ...] = field(default=())
    issuer: str | None = None
    subject: str | None = None
    """The person, where a token says who it is."""
    credential: str = ""
    """Tells credentials of one caller apart that do not reach equally far."""
    key_id: UUID | None = None
    """The key that was shown, or that its token was got with."""
    expires_at: int | None = None
    """When the token ends, in seconds since 1970; None for a key."""
    public_only: bool = False
    """True for a caller who sees only what is public."""
    _known: dict[Power, list[str]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """`paths` once found: a page asks for every row of it."""
    _tops: dict[Power, tuple[str, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def home(self) -> str | None:
        """The path of the one organization where it may see; None where these are several."""
        tops = _outermost(s.path for s in self.scopes if s.allows(Power.VIEW) and not s.inherited)
        return tops[0] if len(tops) == 1 else None

    def paths(self, power: Power) -> list[str]:
        """Return the subtrees in which the caller has the power, none inside another."""
        if power not in self._known:
            self._known[power] = _outermost(s.path for s in self.scopes if s.allows(power))
        return self._known[power]

    def list_working(self) -> list[str]:
        """Return the subtrees on whose drafts the caller works, none inside another.

        A successor works on what those have left that went into it.
        """
        roles = {scope.role for scope in self.scopes if scope.held & _WORKING}
        return _outermost(
            scope.path
            for scope in self.scopes
            if scope.held & _WORKING or (scope.inherited and scope.role in roles)
        )

    def may(self, power: Power, path: str) -> bool:
        """Return whether the caller has the power over the organization at `path`."""
        if power not in self._tops:
            self._tops[power] = tuple(self.paths(power))
        # `is_within` any of them, at once: a page asks it twice for every row.
        return path.startswith(self._tops[power])

    def nearest(self, power: Power, path: str) -> str:
        """Return the innermost of the subtrees, granted with the power, that hold a path."""
        granted = (scope.path for scope in self.scopes if scope.allows(power))
        return max((top for top in granted if is_within(path, top)), key=len)

    def as_reader(self) -> "Principal":
        """Return the caller of a route that shows what is public: who sees no more, sees that."""
        if self.may_anywhere(Power.VIEW) or not self.may_anywhere(Power.PUBLIC):
            return self
        scopes = (
            Scope(Role.VIEWER, scope.org_id, scope.path, inherited=scope.inherited)
            for scope in self.scopes
            if scope.allows(Power.PUBLIC)
        )
        return replace(self, scopes=tuple(scopes), public_only=True)

    def is_self(self, leader_id: UUID | None, path: str) -> bool:
        """Return whether the caller is a leading cadre, as far as the unit at `path` goes."""
        return any(
            scope.leader_id == leader_id and is_within(path, scope.path)
            for scope in self.scopes
            if scope.leader_id is not None and scope.allows(Power.OWN)
        )

    @property
    def own(self) -> list[tuple[UUID, str]]:
        """The leading cadres who the caller is, each with the path of the unit that said so."""
        return [
            (scope.leader_id, scope.path)
            for scope in self.scopes
            if scope.leader_id is not None and scope.allows(Power.OWN)
        ]

    def may_anywhere(self, power: Power) -> bool:
        """Return whether any grant of the caller carries the power."""
        return any(scope.allows(power) for scope in self.scopes)


def _outermost(paths: Iterable[str]) -> list[str]:
    outermost: list[str] = []
    for path in sorted(set(paths)):
        if not outermost or not is_within(path, outermost[-1]):
            outermost.append(path)
    return outermost
