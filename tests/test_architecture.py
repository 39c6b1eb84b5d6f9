"""`docs/architecture.md` and the decisions stay true."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def rooms(folder: Path) -> set[str]:
    """What a folder of the source holds, folders with a slash at their end."""
    return {
        f"{path.name}/" if path.is_dir() else path.name
        for path in folder.iterdir()
        if not path.name.startswith(("_", "."))
    }


def test_the_plan_has_every_room_and_no_other() -> None:
    plan = PAGE.split("```")[1]

    assert set(re.findall(r"^  (\S+)", plan, re.MULTILINE)) == rooms(ROOT / "app")
    for folder in re.findall(r"^(\S+/)", plan, re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder


def test_every_feature_has_its_place() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE.split("## Features")[1]))

    assert {room.removesuffix("/") for room in rooms(ROOT / "app" / "features")} <= named


def test_decisions_are_numbered_dated_and_reachable() -> None:
    folder = ROOT / "docs" / "decisions"
    names = sorted(path.name for path in folder.iterdir() if path.name != "README.md")

    numbers = [name[:4] for name in names]
    assert len(set(numbers)) == len(numbers)
    for name in names:
        text = (ROOT / "docs" / "decisions" / name).read_text(encoding="utf-8")
        assert re.match(rf"# {name[:4]} \S.*\n\nDecided \d{{4}}-\d\d-\d\d\.\n", text), name
        assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+\.md", name), name


def test_the_index_of_decisions_has_each_with_its_title_and_status() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.glob("[0-9]*.md"):
        text = path.read_text(encoding="utf-8")
        (title,) = re.findall(r"\A# \d{4} (.+)", text)
        by = re.search(r"[Ss]uperseded\**\s+by\s+\[(\d{4})\]", text)
        status = f"superseded by {by[1]}" if by else "in force"
        assert f"| {path.name[:4]} | [{title}]({path.name}) | {status} |\n" in index, path.name
    assert len(re.findall(r"^\| \d{4} \|", index, re.MULTILINE)) == len(list(folder.glob("[0-9]*")))


def test_links_between_documents_lead_somewhere() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
