"""Pure rules of reports: their life, the day they count from, and near-copies.

Near-copies are found by min-hash sketches of the text's shingles: bands of the sketch name
candidates, the shingles themselves decide. It is a hint to author and reviewer, never a score.
"""

from datetime import date
from hashlib import blake2b
from typing import Final, Literal

from app.features.submissions.rules import SUBMISSION, Side, Table, Transition

_AT_LEVEL: Final = frozenset({"submitted", "accepted"})

LIFE: Final[Table] = {
    **SUBMISSION,
    "forward": Transition(_AT_LEVEL, "submitted", Side.SUPERIOR),
    "select": Transition(_AT_LEVEL, None, Side.SUPERIOR),
    "deselect": Transition(_AT_LEVEL, None, Side.SUPERIOR),
    "adopt": Transition(_AT_LEVEL, None, Side.SUPERIOR),
    # To send out is no judgement: who wrote it may do it.
    "dispatch": Transition(_AT_LEVEL, None, Side.LEVEL),
}

Likeness = Literal["nearly_identical", "largely_alike"]

SHORTEST: Final = 60
"""Characters that count below which texts are too short to be compared."""
_SHINGLE: Final = 5
_BANDS: Final = 8
_ROWS: Final = 3
_LARGELY, _NEARLY = 0.5, 0.85


def life(*, forwarded: bool, at_root: bool, selected: bool) -> Table:
    """Return the life of one report: what went further up is no longer its author's to edit."""
    closed = {"edit"} if forwarded else set()
    closed.add("deselect" if not selected else "select")
    closed.add("forward" if at_root else "dispatch")
    return {action: step for action, step in LIFE.items() if action not in closed}


def day_of_submission(
    status: str, reported_on: date | None, resubmit_by: date | None, today: date
) -> date:
    """Return the day that a report counts from when it is handed in from a state.

    One that comes back in time keeps the day on which it was first handed in.
    """
    if reported_on is None or status == "withdrawn":
        return today
    late = status == "returned" and resubmit_by is not None and today > resubmit_by
    return today if late else reported_on


def shingles(text: str) -> frozenset[str]:
    """Return every run of five letters, digits or characters of the text, all else left out."""
    plain = "".join(c for c in text.casefold() if c.isalnum())
    if len(plain) < SHORTEST:
        return frozenset()
    return frozenset(plain[i : i + _SHINGLE] for i in range(len(plain) - _SHINGLE + 1))


def bands(text: str) -> list[int]:
    """Return the bands of a text's sketch, signed 64-bit; none where it is too short to compare.

    One-permutation hashing: the least hash of each bucket, an empty bucket taking its
    neighbour's. Texts that share half of their shingles share a band with probability 0.66,
    those that share 85 % nearly always.
    """
    least = [0] * (_BANDS * _ROWS)
    filled = [False] * len(least)
    for shingle in shingles(text):
        value = int.from_bytes(blake2b(shingle.encode(), digest_size=8).digest(), "big")
        bucket = value % len(least)
        if not filled[bucket] or value < least[bucket]:
            least[bucket], filled[bucket] = value, True
    if not any(filled):
        return []
    for bucket in range(2 * len(least)):
        here, before = bucket % len(least), (bucket - 1) % len(least)
        if not filled[here] and filled[before]:
            least[here], filled[here] = least[before], True
    return [
        _signed("|".join(map(str, (band, *least[band * _ROWS : (band + 1) * _ROWS]))))
        for band in range(_BANDS)
    ]


def likeness(mine: frozenset[str], other: str) -> Likeness | None:
    """Return how near a text is to that of some shingles, None if it is no near-copy."""
    others = shingles(other)
    if not mine or not others:
        return None
    share = len(mine & others) / len(mine | others)
    if share >= _NEARLY:
        return "nearly_identical"
    return "largely_alike" if share >= _LARGELY else None


def _signed(text: str) -> int:
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
