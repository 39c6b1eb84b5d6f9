"""Division files: what is a place, who is above whom, and what is refused."""

from pathlib import Path

import pytest

from app.demo import divisions
from app.demo.failures import Refused

HEADER = "code,name,level,parent_code,kind,urban_rural_class"
CITY = ["1,甲省,1,,province,", "2,乙市,2,1,prefecture,", "3,丙区,3,2,county,", "4,丁区,3,2,county,"]


def file(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "divisions.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8-sig")
    return path


def test_the_root_is_the_lowest_place_that_has_all_below_it(tmp_path: Path) -> None:
    found = divisions.read(file(tmp_path, *CITY))

    assert found.root.name == "乙市"
    assert [place.name for place in found.places] == ["丙区", "丁区"]


def test_statistical_towns_and_all_in_them_and_virtual_communities_are_left_out(
    tmp_path: Path,
) -> None:
    found = divisions.read(
        file(
            tmp_path,
            *CITY,
            "5,某镇,4,3,town,",
            "6,某监狱,4,3,quasi_township,",
            "7,监狱虚拟社区,5,6,quasi_residents_committee,",
            "8,监狱第一社区,5,6,residents_committee,",
            "9,工业园社区,5,5,quasi_residents_committee,",
            "10,某村,5,5,villagers_committee,",
        )
    )

    assert [place.name for place in found.places] == ["丙区", "丁区", "某镇", "某村"]
    assert found.left_out == 4


def test_what_is_in_a_container_stands_below_what_the_container_is_in(tmp_path: Path) -> None:
    found = divisions.read(file(tmp_path, *CITY, "5,市辖区,3,2,pseudo,", "6,某镇,4,5,town,"))

    assert [(place.name, place.parent_code) for place in found.places] == [
        ("丙区", "2"), ("丁区", "2"), ("某镇", "2"),
    ]  # fmt: skip


def test_a_town_may_stand_directly_below_the_prefecture_whatever_its_digits(tmp_path: Path) -> None:
    rows = [
        "1,甲市,2,,prefecture,",
        "999,某镇,4,1,town,",
        "123,某村,5,999,village,",
        "124,另一镇,4,1,town,",
    ]

    found = divisions.read(file(tmp_path, *rows))

    assert [place.parent_code for place in found.places] == ["1", "1", "999"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["2,乙市,2,1,prefecture,"], "The parent 1 of 2 is not in the file"),
        (["1,甲,2,2,prefecture,", "2,乙,2,1,prefecture,"], "form a circle"),
        (["1,甲,1,,province,", "2,乙,1,,province,"], "it has 2"),
        (["1,甲,9,,province,"], "Line 2"),
        ([",甲,1,,province,"], "Line 2"),
    ],
)
def test_what_no_tree_can_be_made_of_is_refused(tmp_path: Path, rows: list[str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        divisions.read(file(tmp_path, *rows))


def test_a_file_without_the_columns_or_not_in_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no column: kind"):
        divisions.read(file(tmp_path, header="code,name,level,parent_code"))
    path = tmp_path / "gbk.csv"
    path.write_bytes(f"{HEADER}\n1,甲省,1,,province,".encode("gb18030"))
    with pytest.raises(Refused, match="Cannot read"):
        divisions.read(path)


def test_the_built_in_city_has_five_districts() -> None:
    found = divisions.built_in()

    districts = [place for place in found.places if place.kind == "county"]
    assert [(each.code, each.name) for each in districts] == [
        ("440604", "禅城区"), ("440605", "南海区"), ("440606", "顺德区"), ("440607", "三水区"),
        ("440608", "高明区"),
    ]  # fmt: skip
