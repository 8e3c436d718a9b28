"""The gallery of the README: a picture of every lesson, small, and linked to what is said of the lesson."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import openpyxl
import pytest
from tests.workbooks.pictures import PICTURES, TABLE, Picture

from cellgrad.lessons import BUILDERS
from cellgrad.lessons.index.contents import LESSONS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ABOUT = (ROOT / "workbooks" / "README.md").read_text(encoding="utf-8")
ids = [picture.file for picture in TABLE]


def anchor(file: str) -> str:
    """The link to a heading, as GitHub makes it: in small letters, without dots."""
    return f"workbooks/README.md#{file.lower().replace('.', '')}"


def test_every_lesson_has_one_picture_in_the_order_of_the_lessons() -> None:
    assert ids == [lesson.file for lesson in LESSONS] + ["index.xlsx"]
    assert sorted(file.name for file in PICTURES.iterdir()) == sorted(picture.path.name for picture in TABLE)


@pytest.mark.parametrize("picture", TABLE, ids=ids)
def test_a_picture_is_small(picture: Picture) -> None:
    data = picture.path.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    assert 600 < width < 1000 and 200 < height < 1100
    assert 10_000 < len(data) < 150_000


@pytest.mark.parametrize("picture", TABLE, ids=ids)
def test_a_picture_is_of_a_sheet_and_of_models_that_are_there(picture: Picture) -> None:
    book = openpyxl.load_workbook(PICTURES.parent / picture.file, read_only=True)
    assert {picture.sheet, *picture.optimised} <= set(book.sheetnames)


@pytest.mark.parametrize("picture", TABLE, ids=ids)
def test_it_is_in_the_gallery_and_leads_to_the_lesson(picture: Picture) -> None:
    links = dict(re.findall(r"\[!\[[^\]]+\]\((workbooks/pictures/[^)]+)\)\]\(([^)]+)\)", README))
    assert links[f"workbooks/pictures/{picture.path.name}"] == anchor(picture.file)
    assert f"\n## {picture.file}\n" in ABOUT


@pytest.mark.parametrize("name", BUILDERS)
def test_the_readme_of_the_workbooks_names_each(name: str) -> None:
    assert f"## {name}\n" in ABOUT or f"**{name}**" in ABOUT
