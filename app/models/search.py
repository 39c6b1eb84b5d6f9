"""Search within texts on PostgreSQL: what its indexes hold, which no model can say.

Chinese has no spaces between words and words of one character, so texts are indexed by each of
their characters and each pair of neighbours (`docs/decisions/0023-search-by-grams.md`).
`migrations/env.py` writes these into the migration that makes the tables; `kit.filters.contains`
asks by them.
"""

from typing import Final

from app.kit.levelling import CAPITALS

FUNCTIONS: Final = {
    "dajiatan_level(text)": f"""
CREATE OR REPLACE FUNCTION dajiatan_level(part text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(
        normalize(part, NFKC),
        '{"".join(CAPITALS)}',
        '{"".join(CAPITALS.values())}'
    )
$$
""",
    # COST: a row takes some 10 µs, 400 times what the planner takes for a call. A higher one makes
    # worker processes and detours look cheap.
    "dajiatan_grams(text, text)": """
CREATE OR REPLACE FUNCTION dajiatan_grams(one text, other text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 400 AS $$
DECLARE
    grams text[] := string_to_array(
        dajiatan_level(one) || chr(10) || dajiatan_level(other), NULL
    );
    previous text := '';
    letter text;
BEGIN
    FOREACH letter IN ARRAY grams LOOP
        grams := grams || (previous || letter);
        previous := letter;
    END LOOP;
    RETURN grams;
END $$
""",
    "dajiatan_sought(text)": """
CREATE OR REPLACE FUNCTION dajiatan_sought(part text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(
        SELECT substr(dajiatan_level(part), place, 2)
        FROM generate_series(1, greatest(length(dajiatan_level(part)) - 1, 1)) AS place
    )
$$
""",
}
"""By its signature: a text on one level; the grams of a row's two texts, and those that a row with
`part` must have."""

INDEXES: Final = {
    "ix_organizations_search": ("organizations", "name, code"),
    "ix_leaders_search": ("leaders", "name, post"),
}
"""By its name: the table and its two texts."""


def creation() -> list[str]:
    """Return the statements that make all of it, in order."""
    indexes = (
        f"CREATE INDEX {name} ON {table}\nUSING gin (dajiatan_grams({texts}))"
        for name, (table, texts) in INDEXES.items()
    )
    return [*FUNCTIONS.values(), *indexes]


def removal() -> list[str]:
    """Return the statements that undo it, once the tables with their indexes are gone."""
    return [f"DROP FUNCTION {signature}" for signature in FUNCTIONS]
