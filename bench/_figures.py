"""One line for each figure: name, value, reference, ratio, goal; kept as JSON, shown in a table."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
RESULTS: Final = Path(__file__).parent / "results"
PAGE: Final = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures -->", "<!-- /figures -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its reference; `goal` is what the ratio must keep to."""

    name: str
    value: float
    unit: str
    reference: str
    reference_value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float:
        """Value by reference."""
        return self.value / self.reference_value if self.reference_value else float("inf")

    @property
    def goal(self) -> str:
        """Return what the ratio must keep to, in a sign and a number."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"

    @property
    def met(self) -> bool:
        """Return whether the ratio keeps to its goal."""
        if self.at_least is not None:
            return self.ratio >= self.at_least
        return self.at_most is not None and self.ratio <= self.at_most

    def cells(self) -> list[str]:
        """Return the columns of its line."""
        return [
            self.name,
            f"{self.value:,.4g} {self.unit}",
            f"{self.reference}: {self.reference_value:,.4g} {self.unit}",
            f"{self.ratio:.2f}",
            self.goal,
            "yes" if self.met else "NO",
        ]


def report(benchmark: str, size: int, figures: list[Figure]) -> None:
    """Print the figures, keep them, and write the page's table anew."""
    for figure in figures:
        print("  ".join(figure.cells()), flush=True)
    RESULTS.mkdir(exist_ok=True)
    kept = {"size": size, "machine": _machine(), "figures": [asdict(f) for f in figures]}
    path = RESULTS / f"{benchmark}-{size}.json"
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if PAGE.exists():
        _write_table()


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def _write_table() -> None:
    lines = ["| branches | figure | value | reference | ratio | goal | met |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    for path in sorted(RESULTS.glob("*.json")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        for row in kept["figures"]:
            cells = [f"{kept['size']:,}", *Figure(**row).cells()]
            lines.append("| " + " | ".join(cells) + " |")
    before, rest = PAGE.read_text(encoding="utf-8").split(_BEGIN)
    after = rest.split(_END)[1]
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}", encoding="utf-8")
