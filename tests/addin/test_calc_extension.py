"""The Calc extension: what is built, what its menu names, and installing it into a LibreOffice profile."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.libreoffice import require

from cellgrad.addin import calc_extension
from cellgrad.addin.calc_server import COMMANDS

ADDIN = Path(__file__).parents[2] / "addin"
MENU = {"optimize", "step", "stop", "undo", "set_objective", "set_changing", "check", "gradient_map", "report",
        "settings"}  # fmt: skip


def test_the_built_extension_is_what_its_sources_give() -> None:
    assert (ADDIN / "cellgrad.oxt").read_bytes() == calc_extension.build(ADDIN / "calc")


def test_every_source_is_in_it_and_every_part_that_its_manifest_names() -> None:
    with zipfile.ZipFile(io.BytesIO(calc_extension.build(ADDIN / "calc"))) as package:
        names = set(package.namelist())
        manifest = package.read("META-INF/manifest.xml").decode()
        for name in names:
            if name.endswith((".xml", ".xcu")):
                ElementTree.fromstring(package.read(name))
    sources = {path.relative_to(ADDIN / "calc").as_posix() for path in (ADDIN / "calc").rglob("*.*")}
    assert names == {name for name in sources if "__pycache__" not in name}
    assert set(re.findall(r'full-path="([^"]+)"', manifest)) <= names


def test_menu_and_toolbar_name_the_same_commands_and_each_exists() -> None:
    menu, toolbar = (ADDIN / "calc" / "Addons.xcu").read_text().split('oor:name="OfficeToolBar"')
    named = [re.findall(r"service:org\.cellgrad\.Commands\?(\w+)<", part) for part in (menu, toolbar)]
    assert named[0] == named[1]
    assert set(named[0]) == MENU == {*COMMANDS, "stop"}


def test_the_menu_has_the_words_of_excels_ribbon() -> None:
    ribbon = set(re.findall(r'<button id="\w+" label="([^"]+)"', (ADDIN / "customUI14.xml").read_text())) - {"Help"}
    titles = re.findall(r'<value xml:lang="en-US">([^<~]+)</value>', (ADDIN / "calc" / "Addons.xcu").read_text())
    assert set(titles) - {"Settings"} == ribbon  # Excel's ribbon has boxes for them


@pytest.mark.libreoffice
@pytest.mark.slow
def test_installed_twice_and_taken_away(tmp_path: Path) -> None:
    """As whoever runs the tests, root too, which LibreOffice's own unopkg refuses."""
    require()
    for _ in range(2):
        done = calc_extension.install(tmp_path)
    assert json.loads((tmp_path / "user" / "cellgrad.json").read_text()) == {"python": sys.executable}
    assert done.files[1] == tmp_path / "user" / "cellgrad.json"
    assert calc_extension.uninstall(tmp_path).files
    assert not (tmp_path / "user" / "cellgrad.json").exists()
    assert calc_extension.uninstall(tmp_path).notes == ["The extension was not installed."]
