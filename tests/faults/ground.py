"""The ground of the crowd: a small city with its campaign open, over HTTP."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.demo import Display, Service
from app.demo.campaigning import Campaigner
from app.demo.divisions import read
from app.demo.loading import Loader
from app.demo.planning import planned
from app.demo.records import Organization, Tree
from tests.faults.crowd import Submitters


@dataclass(frozen=True, slots=True)
class Ground:
    """What the crowd works on."""

    tree: Tree
    loader: Loader
    campaign: Any
    submitters: Submitters
    root_id: str


def laid(service: Service, folder: Path, *, towns: int, villages: int) -> Ground:
    """A city of two districts, so many towns in them, and so many villages in each town."""
    display = Display("en")
    unit = service.get("/v1/units")["data"][0]
    root = Organization(
        "unit", unit["code"], unit["name"], "佛山市", unit["kind"], unit["sector"], None
    )
    tree = planned(read(_divisions(folder / "divisions.csv", towns, villages)), root)
    loader = Loader(service, display, root, unit["id"])
    loader.tree(tree)
    campaign = Campaigner(service, display, loader.ids).opened(tree, province=False)
    return Ground(tree, loader, campaign, Submitters(loader, campaign["id"], tree), unit["id"])


def _divisions(path: Path, towns: int, villages: int) -> Path:
    rows = [
        "code,name,level,parent_code,kind",
        "1,佛山市,2,,prefecture",
        "1-1,甲区,3,1,county",
        "1-2,乙区,3,1,county",
    ]
    for number in range(towns):
        town = f"1-{number % 2 + 1}-{number + 1}"
        rows.append(f"{town},第{number + 1}镇,4,{town[:3]},town")
        rows += [
            f"{town}-{n},第{number + 1}镇第{n}村,5,{town},villagers_committee"
            for n in range(villages)
        ]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path
