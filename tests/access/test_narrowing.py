"""Ten thousand random pairs of client and scope: no token is wider than who asked for it."""

import random

import pytest

from app.access.narrowing import Narrowing, UnknownScopeError, intersect, narrow_scopes
from app.access.principal import Power, Principal, Scope
from app.kit.ids import is_within, new_id, path_ids, path_segment
from app.models.vocabulary import Role

PAIRS = 10_000
CHANCE = random.Random(3)  # noqa: S311 - to be repeated, not to be secret


def _tree() -> list[str]:
    paths = [path_segment(new_id())]
    for _ in range(24):
        paths.append(CHANCE.choice(paths) + path_segment(new_id()))
    return paths


PATHS = _tree()


def _scopes() -> list[Scope]:
    places = CHANCE.choices(PATHS, k=CHANCE.randint(0, 4))
    return [Scope(CHANCE.choice(list(Role)), path_ids(path)[-1], path) for path in places]


def _held(scopes: object) -> set[tuple[Power, str]]:
    assert isinstance(scopes, list | tuple)
    principal = Principal("x", None, tuple(scopes))
    return {(power, path) for power in Power for path in PATHS if principal.may(power, path)}


def test_a_token_is_never_wider_than_its_client() -> None:
    for _ in range(PAIRS):
        client = _scopes()
        powers = CHANCE.sample(list(Power), k=CHANCE.randint(0, 4))
        units = CHANCE.choices(PATHS, k=CHANCE.choice((0, 0, 1, 2)))
        wanted = Narrowing(frozenset(powers), frozenset(path_ids(path)[-1] for path in units))
        paths = {path_ids(path)[-1]: path for path in PATHS}

        kept = _held(narrow_scopes(client, Narrowing.read(str(wanted)), paths))

        expected = {
            (power, path)
            for power, path in _held(client)
            if (not powers or power in powers)
            and (not units or any(is_within(path, unit) for unit in units))
        }
        assert kept == expected


def test_acting_for_a_person_allows_what_both_may() -> None:
    for _ in range(PAIRS // 10):
        client, person = _scopes(), _scopes()

        assert _held(intersect(client, person)) == _held(client) & _held(person)


def test_absent_units_leave_nothing() -> None:
    client = [Scope(Role.ADMIN, path_ids(PATHS[0])[-1], PATHS[0])]

    assert narrow_scopes(client, Narrowing(units=frozenset({new_id()})), {}) == ()


@pytest.mark.parametrize("text", ["all", "unit:", "unit:1", "view,report", "VIEW"])
def test_unknown_scopes_are_refused(text: str) -> None:
    with pytest.raises(UnknownScopeError):
        Narrowing.read(text)
